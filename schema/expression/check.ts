import type { ASTNode } from "@marcbachmann/cel-js";
import { checkCall } from "./check-call.ts";
import { checkIn, checkIndex, checkList, checkMap } from "./check-collection.ts";
import { checkHas, checkMacro } from "./check-macro.ts";
import { checkBinary, checkConditional, checkUnary } from "./check-operator.ts";
import { fail, type CheckContext } from "./context.ts";
import { fieldPath } from "./field-path.ts";
import { NAMESPACES } from "./functions/overload.ts";
import { nearest } from "./nearest.ts";
import type { ExpressionNode } from "./node.ts";

/** Turns the library's tree into ours, with a type on every node; throws ExpressionError at what we don't support. */
export function check(node: ASTNode, context: CheckContext): ExpressionNode {
  switch (node.op) {
    case "value":
      return checkLiteral(node, node.args, context);
    case "id":
      return checkName(node, node.args, context);
    case ".":
    case ".?":
    case "[]":
    case "[?]":
      return checkAccess(node, node.args, context);
    case "!_":
      return checkUnary(node, "!", node.args, context, check);
    case "-_":
      return checkUnary(node, "-", node.args, context, check);
    case "?:":
      return checkConditional(node, node.args, context, check);
    case "list":
      return checkList(node.args, context, check);
    case "map":
      return checkMap(node.args, context, check);
    case "in":
      return checkIn(node.args, context, check);
    case "call": {
      const [name, args] = node.args;
      if (name === "has") return checkHas(node, args, context, check);
      return checkCall(node, name, args, "function", context, check);
    }
    case "rcall": {
      const [name, receiver, args] = node.args;
      if (receiver.op === "id" && !context.variables.has(receiver.args) && NAMESPACES.has(receiver.args)) {
        return checkCall(node, `${receiver.args}.${name}`, args, "function", context, check);
      }
      return (
        checkMacro(node, name, receiver, args, context, check) ??
        checkCall(node, name, [receiver, ...args], "method", context, check)
      );
    }
    default:
      return checkBinary(node, node.op, node.args, context, check);
  }
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

function checkName(node: ASTNode, name: string, context: CheckContext): ExpressionNode {
  const variable = context.variables.get(name);
  if (variable !== undefined) return variable;
  if (name === "event") {
    throw fail(node, context, "EXPRESSION_UNSUPPORTED", 'fields are written event.a.b or event["a.b"]');
  }
  const field = context.fieldType(name) === undefined ? undefined : `event.${name}`;
  const near = field ?? nearest(name, ["event", ...context.variables.keys()]);
  throw fail(node, context, "EXPRESSION_UNSUPPORTED", `there is no name ${name}`, { near });
}

function checkAccess(
  node: ASTNode,
  [baseNode, keyNode]: readonly [ASTNode, ASTNode | string],
  context: CheckContext,
): ExpressionNode {
  const path = fieldPath(node);
  if (path !== undefined) {
    const type = context.fieldType(path);
    if (type === undefined) {
      const near = nearest(path, context.paths());
      throw fail(node, context, "EXPRESSION_UNKNOWN_FIELD", `there is no field ${path}`, { near });
    }
    context.fields.add(path);
    return { kind: "field", type, path };
  }
  const base = check(baseNode, context);
  if (typeof keyNode === "string") {
    const key: ExpressionNode = { kind: "literal", type: "string", value: keyNode };
    return checkIndex(node, base, node, key, context);
  }
  return checkIndex(node, base, keyNode, check(keyNode, context), context);
}
