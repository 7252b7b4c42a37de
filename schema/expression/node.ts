import type { FieldType } from "../consent/policy.ts";

/**
 * Our own plain tree of a checked expression: no library object outlives the check. `x in [a, b]` is the call `in` with
 * the arguments x, a, b; a method is a call with its receiver first.
 */
export type ExpressionNode = LiteralNode | FieldNode | UnaryNode | BinaryNode | ConditionalNode | CallNode;

/** `null` types only the literal null, which any type accepts as a branch and `==` as an operand. */
export type NodeType = FieldType | "null";

export interface LiteralNode {
  readonly kind: "literal";
  readonly type: NodeType;
  readonly value: string | number | boolean | null;
}

export interface FieldNode {
  readonly kind: "field";
  readonly type: FieldType;
  readonly path: string;
}

export interface UnaryNode {
  readonly kind: "unary";
  readonly type: FieldType;
  readonly operator: "!" | "-";
  readonly operand: ExpressionNode;
}

export type BinaryOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%" | "&&" | "||";

export interface BinaryNode {
  readonly kind: "binary";
  readonly type: FieldType;
  readonly operator: BinaryOperator;
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;
}

export interface ConditionalNode {
  readonly kind: "conditional";
  readonly type: NodeType;
  readonly condition: ExpressionNode;
  readonly whenTrue: ExpressionNode;
  readonly whenFalse: ExpressionNode;
}

export interface CallNode {
  readonly kind: "call";
  readonly type: FieldType;
  readonly name: FunctionName;
  readonly arguments: readonly ExpressionNode[];
}

export type FunctionName =
  | "in"
  | "has"
  | "size"
  | "startsWith"
  | "endsWith"
  | "contains"
  | "matches"
  | "lowerAscii"
  | "string"
  | "int"
  | "double"
  | "timestamp"
  | "pathSegment"
  | "sha256";
