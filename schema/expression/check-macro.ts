import type { ASTNode } from "@marcbachmann/cel-js";
import { fail, type Check, type CheckContext } from "./context.ts";
import { fieldPath } from "./field-path.ts";
import type { ExpressionNode, MacroNode, VariableNode } from "./node.ts";
import { commonType, elementOf, entryOf, type ValueType } from "./value-type.ts";

/** Each is told by its name and how many operands it has, so that `x.map(…)` can't be a method. */
const LIST_MACROS: Readonly<Record<MacroNode["name"], readonly number[]>> = {
  all: [2],
  exists: [2],
  exists_one: [2],
  filter: [2],
  map: [2, 3],
};

/** undefined when `receiver.name(operands)` is none. */
export function checkMacro(
  node: ASTNode,
  name: string,
  receiver: ASTNode,
  operands: readonly ASTNode[],
  context: CheckContext,
  check: Check,
): ExpressionNode | undefined {
  if (name === "bind" && receiver.op === "id" && receiver.args === "cel")
    return checkBind(node, operands, context, check);
  if (name === "orValue") return checkOrValue(node, receiver, operands, context, check);
  if (name === "hasValue" && operands.length === 0) {
    return { kind: "builtin", type: "boolean", name: "has", arguments: [check(receiver, context)] };
  }
  return isListMacro(name) ? checkListMacro(node, name, receiver, operands, context, check) : undefined;
}

const isListMacro = (name: string): name is MacroNode["name"] => Object.hasOwn(LIST_MACROS, name);

function checkListMacro(
  node: ASTNode,
  name: MacroNode["name"],
  receiver: ASTNode,
  operands: readonly ASTNode[],
  context: CheckContext,
  check: Check,
): ExpressionNode {
  const [bound, ...rest] = operands;
  if (!LIST_MACROS[name].includes(operands.length) || bound === undefined) {
    const usage = name === "map" ? "map(x, value) or map(x, condition, value)" : `${name}(x, condition)`;
    throw fail(node, context, "EXPRESSION_TYPE", `${name} is written ${usage}`);
  }
  const range = check(receiver, context);
  const element = elementOf(range.type) ?? entryOf(range.type)?.key;
  if (element === undefined) {
    const message = `${name} goes through a list or a map, and this is ${range.type}`;
    throw fail(receiver, context, "EXPRESSION_TYPE", message, { expected: "list or map", found: range.type });
  }
  const { variable, inside } = bind(bound, element, context);
  const condition = name === "map" && rest.length === 1 ? undefined : rest[0];
  const value = name === "map" ? rest.at(-1) : undefined;
  const checkedCondition = condition && check(condition, inside);
  if (condition !== undefined && checkedCondition?.type !== "boolean") {
    const found = checkedCondition?.type ?? "null";
    const details = { expected: "boolean", found };
    throw fail(condition, context, "EXPRESSION_TYPE", `the condition is ${found}, not boolean`, details);
  }
  const checkedValue = value && check(value, inside);
  if (value !== undefined && checkedValue?.type === "null") {
    throw fail(value, context, "EXPRESSION_TYPE", "a list holds no null");
  }
  return {
    kind: "macro",
    type: typeOf(name, element, checkedValue?.type),
    name,
    range,
    variable,
    ...(checkedCondition && { condition: checkedCondition }),
    ...(checkedValue && { value: checkedValue }),
  };
}

function typeOf(name: MacroNode["name"], element: ValueType, value: ValueType | undefined): ValueType {
  if (name === "map") return `list<${value ?? "null"}>`;
  return name === "filter" ? `list<${element}>` : "boolean";
}

/** Names that mean something else, which no macro may take over. */
const TAKEN = ["event", "cel"];

function bind(name: ASTNode, type: ValueType, context: CheckContext) {
  if (name.op !== "id" || TAKEN.includes(name.args)) {
    throw fail(name, context, "EXPRESSION_UNSUPPORTED", "a macro binds a name of its own, such as x");
  }
  const variable: VariableNode = { kind: "variable", type, id: context.depth };
  const variables = new Map(context.variables).set(name.args, variable);
  return { variable, inside: { ...context, variables, depth: context.depth + 1 } };
}

function checkBind(node: ASTNode, operands: readonly ASTNode[], context: CheckContext, check: Check): ExpressionNode {
  const [name, init, expression] = operands;
  if (operands.length !== 3 || name === undefined || init === undefined || expression === undefined) {
    throw fail(node, context, "EXPRESSION_TYPE", "bind is written cel.bind(name, value, expression)");
  }
  const value = check(init, context);
  const { variable, inside } = bind(name, value.type, context);
  const body = check(expression, inside);
  return { kind: "bind", type: body.type, variable, value, body };
}

function checkOrValue(
  node: ASTNode,
  receiver: ASTNode,
  operands: readonly ASTNode[],
  context: CheckContext,
  check: Check,
): ExpressionNode {
  const [operand] = operands;
  if (operand === undefined || operands.length > 1) {
    throw fail(node, context, "EXPRESSION_TYPE", "orValue is written x.orValue(y)");
  }
  const value = check(receiver, context);
  const other = check(operand, context);
  const type = commonType(value.type, other.type);
  if (type === undefined) {
    const details = { expected: value.type, found: other.type };
    throw fail(operand, context, "EXPRESSION_TYPE", `${value.type} can't be replaced by ${other.type}`, details);
  }
  return { kind: "builtin", type, name: "orValue", arguments: [value, other] };
}

/** `has(event.a)`, `has(map.key)`. */
export function checkHas(
  node: ASTNode,
  operands: readonly ASTNode[],
  context: CheckContext,
  check: Check,
): ExpressionNode {
  const [operand] = operands;
  if (
    operands.length === 1 &&
    operand !== undefined &&
    (operand.op === "." || operand.op === "[]" || operand.op === ".?")
  ) {
    const argument = check(operand, context);
    if (argument.kind === "field") return { kind: "builtin", type: "boolean", name: "has", arguments: [argument] };
    const [map, key] = argument.kind === "builtin" && fieldPath(operand) === undefined ? argument.arguments : [];
    if (map !== undefined && key !== undefined && entryOf(map.type) !== undefined) {
      return { kind: "builtin", type: "boolean", name: "in", arguments: [key, map] };
    }
  }
  throw fail(node, context, "EXPRESSION_TYPE", "has takes one field, or one key of a map: has(event.a)");
}
