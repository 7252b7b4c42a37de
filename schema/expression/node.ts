import type { FieldType } from "../consent/policy.ts";
import type { Signature } from "./functions/functions.ts";
import type { ValueType } from "./value-type.ts";

/** Our own plain tree of a checked expression: no library object outlives the check. */
export type ExpressionNode =
  | LiteralNode
  | FieldNode
  | VariableNode
  | UnaryNode
  | BinaryNode
  | ConditionalNode
  | ListNode
  | MapNode
  | BuiltinNode
  | CallNode
  | MacroNode
  | BindNode;

/** Lists and maps are constants only once the generator has folded them. */
export type Constant = string | number | boolean | null | readonly Constant[] | ReadonlyMap<Constant, Constant>;

export interface LiteralNode {
  readonly kind: "literal";
  readonly type: ValueType;
  readonly value: Constant;
}

export interface FieldNode {
  readonly kind: "field";
  readonly type: FieldType;
  readonly path: string;
}

/** What a macro has bound. `id` counts the bindings around it, so that equal expressions are equal trees. */
export interface VariableNode {
  readonly kind: "variable";
  readonly type: ValueType;
  readonly id: number;
}

export interface UnaryNode {
  readonly kind: "unary";
  readonly type: ValueType;
  readonly operator: "!" | "-";
  readonly operand: ExpressionNode;
}

export type BinaryOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%" | "&&" | "||";

export interface BinaryNode {
  readonly kind: "binary";
  readonly type: ValueType;
  readonly operator: BinaryOperator;
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;
}

export interface ConditionalNode {
  readonly kind: "conditional";
  readonly type: ValueType;
  readonly condition: ExpressionNode;
  readonly whenTrue: ExpressionNode;
  readonly whenFalse: ExpressionNode;
}

export interface ListNode {
  readonly kind: "list";
  readonly type: ValueType;
  readonly items: readonly ExpressionNode[];
}

export interface MapNode {
  readonly kind: "map";
  readonly type: ValueType;
  /** key and value in turn */
  readonly items: readonly ExpressionNode[];
}

/** What no signature can say: `x in list`, `list[i]`, `has(x)` and `x.orValue(y)`, which take null. */
export interface BuiltinNode {
  readonly kind: "builtin";
  readonly type: ValueType;
  readonly name: "in" | "index" | "has" | "orValue";
  readonly arguments: readonly ExpressionNode[];
}

/** A method's receiver comes first. */
export interface CallNode {
  readonly kind: "call";
  readonly type: ValueType;
  readonly signature: Signature;
  readonly arguments: readonly ExpressionNode[];
}

export interface MacroNode {
  readonly kind: "macro";
  readonly type: ValueType;
  readonly name: "all" | "exists" | "exists_one" | "filter" | "map";
  /** a list, or a map whose keys are gone through */
  readonly range: ExpressionNode;
  readonly variable: VariableNode;
  /** boolean; absent of a `map` without a filter */
  readonly condition?: ExpressionNode;
  /** of `map` */
  readonly value?: ExpressionNode;
}

/** `cel.bind(name, value, body)` */
export interface BindNode {
  readonly kind: "bind";
  readonly type: ValueType;
  readonly variable: VariableNode;
  readonly value: ExpressionNode;
  readonly body: ExpressionNode;
}

/** The nodes right below. */
export function childrenOf(node: ExpressionNode): readonly ExpressionNode[] {
  switch (node.kind) {
    case "literal":
    case "field":
    case "variable":
      return [];
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "conditional":
      return [node.condition, node.whenTrue, node.whenFalse];
    case "list":
    case "map":
      return node.items;
    case "builtin":
    case "call":
      return node.arguments;
    case "macro":
      return [node.range, ...(node.condition ? [node.condition] : []), ...(node.value ? [node.value] : [])];
    case "bind":
      return [node.value, node.body];
  }
}
