import type { ASTNode } from "@marcbachmann/cel-js";
import type { FieldType } from "../consent/policy.ts";
import { checkCall } from "./check-call.ts";
import { fail, type CheckContext } from "./context.ts";
import { fieldPath } from "./field-path.ts";
import type { BinaryOperator, ExpressionNode, NodeType } from "./node.ts";

/** Turns the library's tree into ours, with a type on every node; throws ExpressionError at what we don't support. */
export function check(node: ASTNode, context: CheckContext): ExpressionNode {
  switch (node.op) {
    case "value":
      return checkLiteral(node, node.args, context);
    case ".":
    case "[]":
      return checkField(node, context);
    case "!_":
    case "-_":
      return checkUnary(node, node.args, context);
    case "?:":
      return checkConditional(node, node.args, context);
    case "call": {
      const [name, args] = node.args;
      return checkCall(node, name, args, "global", context, check);
    }
    case "rcall": {
      const [name, receiver, args] = node.args;
      return checkCall(node, name, [receiver, ...args], "method", context, check);
    }
    case "in":
      return checkIn(node, node.args, context);
    case "id":
    case "list":
    case "map":
    case ".?":
    case "[?]":
      throw fail(node, context, "EXPRESSION_UNSUPPORTED", `${describe(node)} can't stand here`);
    default:
      return checkBinary(node, node.op, node.args, context);
  }
}

const isNumeric = (type: NodeType): boolean => type === "number" || type === "integer";

/** The common type of two values that may be compared or chosen between; undefined when there is none. */
function commonType(left: NodeType, right: NodeType): NodeType | undefined {
  if (left === right || right === "null") return left;
  if (left === "null") return right;
  return isNumeric(left) && isNumeric(right) ? "number" : undefined;
}

function describe(node: ASTNode): string {
  return node.op === "id" ? `the name ${node.args}` : `this ${node.op}`;
}

function checkLiteral(node: ASTNode, value: unknown, context: CheckContext): ExpressionNode {
  if (value === null) return { kind: "literal", type: "null", value };
  if (typeof value === "string") return { kind: "literal", type: "string", value };
  if (typeof value === "boolean") return { kind: "literal", type: "boolean", value };
  if (typeof value === "number") return { kind: "literal", type: "number", value };
  if (typeof value === "bigint") {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return { kind: "literal", type: "integer", value: number };
    throw fail(node, context, "EXPRESSION_UNSUPPORTED", "integers go up to 2^53 - 1");
  }
  throw fail(node, context, "EXPRESSION_UNSUPPORTED", "bytes and unsigned integers are not supported");
}

function checkField(node: ASTNode, context: CheckContext): ExpressionNode {
  const path = fieldPath(node);
  if (path === undefined) {
    throw fail(node, context, "EXPRESSION_UNSUPPORTED", 'fields are written event.a.b or event["a.b"]');
  }
  const type = context.fieldType(path);
  if (type === undefined) throw fail(node, context, "EXPRESSION_UNKNOWN_FIELD", `there is no field ${path}`);
  context.fields.add(path);
  return { kind: "field", type, path };
}

function checkUnary(node: ASTNode, argument: ASTNode, context: CheckContext): ExpressionNode {
  const operand = check(argument, context);
  const operator = node.op === "!_" ? "!" : "-";
  const fits = operator === "!" ? operand.type === "boolean" : isNumeric(operand.type);
  if (!fits || operand.type === "null") {
    throw fail(node, context, "EXPRESSION_TYPE", `${operator} does not take ${operand.type}`);
  }
  return { kind: "unary", type: operand.type, operator, operand };
}

function checkConditional(
  node: ASTNode,
  [a, b, c]: readonly [ASTNode, ASTNode, ASTNode],
  context: CheckContext,
): ExpressionNode {
  const condition = check(a, context);
  if (condition.type !== "boolean") {
    throw fail(a, context, "EXPRESSION_TYPE", `the condition is ${condition.type}, not boolean`);
  }
  const whenTrue = check(b, context);
  const whenFalse = check(c, context);
  const type = commonType(whenTrue.type, whenFalse.type);
  if (type === undefined) {
    throw fail(node, context, "EXPRESSION_TYPE", `branches are ${whenTrue.type} and ${whenFalse.type}`);
  }
  return { kind: "conditional", type, condition, whenTrue, whenFalse };
}

function checkIn(node: ASTNode, [item, list]: readonly [ASTNode, ASTNode], context: CheckContext): ExpressionNode {
  if (list.op !== "list") throw fail(list, context, "EXPRESSION_UNSUPPORTED", "`in` takes a list written out: [a, b]");
  const subject = check(item, context);
  const items = list.args.map((entry) => check(entry, context));
  for (const entry of items) {
    if (entry.type === "null" || subject.type === "null" || commonType(subject.type, entry.type) === undefined) {
      throw fail(node, context, "EXPRESSION_TYPE", `${subject.type} can't be in a list of ${entry.type}`);
    }
  }
  return { kind: "call", type: "boolean", name: "in", arguments: [subject, ...items] };
}

function checkBinary(
  node: ASTNode,
  operator: BinaryOperator,
  [a, b]: readonly [ASTNode, ASTNode],
  context: CheckContext,
): ExpressionNode {
  const left = check(a, context);
  const right = check(b, context);
  const type = binaryType(operator, left.type, right.type);
  if (type === undefined) {
    throw fail(node, context, "EXPRESSION_TYPE", `${operator} does not take ${left.type} and ${right.type}`);
  }
  return { kind: "binary", type, operator, left, right };
}

function binaryType(operator: BinaryOperator, left: NodeType, right: NodeType): FieldType | undefined {
  if (operator === "==" || operator === "!=") return commonType(left, right) === undefined ? undefined : "boolean";
  const type = left === "null" || right === "null" ? undefined : commonType(left, right);
  if (type === undefined || type === "null") return undefined;
  switch (operator) {
    case "&&":
    case "||":
      return type === "boolean" ? type : undefined;
    case "<":
    case "<=":
    case ">":
    case ">=":
      return "boolean";
    case "+":
      return type === "string" || isNumeric(type) ? type : undefined;
    case "%":
      return type === "integer" ? type : undefined;
    default:
      return isNumeric(type) ? type : undefined;
  }
}
