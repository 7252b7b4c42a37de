import type { ASTNode } from "@marcbachmann/cel-js";
import { fail, type Check, type CheckContext } from "./context.ts";
import type { BinaryOperator, ExpressionNode } from "./node.ts";
import { commonType, elementOf, entryOf, isNumeric, type ValueType } from "./value-type.ts";

export function checkUnary(
  node: ASTNode,
  operator: "!" | "-",
  argument: ASTNode,
  context: CheckContext,
  check: Check,
): ExpressionNode {
  const operand = check(argument, context);
  const { type } = operand;
  if (operator === "!" ? type === "boolean" : isNumeric(type)) return { kind: "unary", type, operator, operand };
  const expected = operator === "!" ? "boolean" : "number";
  throw fail(node, context, "EXPRESSION_TYPE", `${operator} does not take ${type}`, { expected, found: type });
}

export function checkConditional(
  node: ASTNode,
  [a, b, c]: readonly [ASTNode, ASTNode, ASTNode],
  context: CheckContext,
  check: Check,
): ExpressionNode {
  const condition = check(a, context);
  if (condition.type !== "boolean") {
    const details = { expected: "boolean", found: condition.type };
    throw fail(a, context, "EXPRESSION_TYPE", `the condition is ${condition.type}, not boolean`, details);
  }
  const whenTrue = check(b, context);
  const whenFalse = check(c, context);
  const type = commonType(whenTrue.type, whenFalse.type);
  if (type === undefined) {
    const details = { expected: whenTrue.type, found: whenFalse.type };
    throw fail(node, context, "EXPRESSION_TYPE", `branches are ${whenTrue.type} and ${whenFalse.type}`, details);
  }
  return { kind: "conditional", type, condition, whenTrue, whenFalse };
}

export function checkBinary(
  node: ASTNode,
  operator: BinaryOperator,
  [a, b]: readonly [ASTNode, ASTNode],
  context: CheckContext,
  check: Check,
): ExpressionNode {
  const left = check(a, context);
  const right = check(b, context);
  const type = binaryType(operator, left.type, right.type);
  if (type !== undefined) return { kind: "binary", type, operator, left, right };
  const message = `${operator} does not take ${left.type} and ${right.type}`;
  throw fail(node, context, "EXPRESSION_TYPE", message, { expected: left.type, found: right.type });
}

function binaryType(operator: BinaryOperator, left: ValueType, right: ValueType): ValueType | undefined {
  if (operator === "==" || operator === "!=") return commonType(left, right) === undefined ? undefined : "boolean";
  if (left === "null" || right === "null") return undefined;
  const inTime = timeType(operator, left, right);
  if (inTime !== undefined) return inTime;
  const type = commonType(left, right);
  if (type === undefined) return undefined;
  switch (operator) {
    case "&&":
    case "||":
      return type === "boolean" ? type : undefined;
    case "<":
    case "<=":
    case ">":
    case ">=":
      return elementOf(type) === undefined && entryOf(type) === undefined ? "boolean" : undefined;
    case "+":
      return type === "string" || isNumeric(type) || elementOf(type) !== undefined ? type : undefined;
    case "%":
      return type === "integer" ? type : undefined;
    default:
      return isNumeric(type) ? type : undefined;
  }
}

function timeType(operator: BinaryOperator, left: ValueType, right: ValueType): ValueType | undefined {
  const operands = `${left} ${operator} ${right}`;
  switch (operands) {
    case "timestamp + duration":
    case "duration + timestamp":
    case "timestamp - duration":
      return "timestamp";
    case "timestamp - timestamp":
    case "duration + duration":
    case "duration - duration":
      return "duration";
    default:
      return undefined;
  }
}
