import { childrenOf, type Constant, type ExpressionNode, type LiteralNode } from "@o2mc/schema/expression/node.ts";
import type { CheckedExpression } from "@o2mc/schema/expression/parse.ts";
import type { ValueType } from "@o2mc/schema/expression/value-type.ts";
import { ExpressionCode } from "./expression-code.ts";
import { compileCode } from "./compile-code.ts";
import { MAX_ITERATIONS, ValueTooLarge } from "./limits.ts";

/** The expression with everything computed that no row decides, and without the fields that only that has read. */
export function foldExpression({ type, fields, ast }: CheckedExpression): CheckedExpression {
  const folded = fold(ast);
  const read = new Set<string>();
  collectPaths(folded, read);
  return { type, fields: fields.filter((path) => read.has(path)), ast: folded };
}

function collectPaths(node: ExpressionNode, paths: Set<string>): void {
  if (node.kind === "field") paths.add(node.path);
  for (const child of childrenOf(node)) collectPaths(child, paths);
}

function fold(node: ExpressionNode): ExpressionNode {
  const folded = withChildren(node);
  const simpler = simplify(folded);
  if (simpler !== undefined) return simpler;
  const isConstant = folded.kind !== "literal" && folded.type !== "null" && isClosed(folded);
  return (isConstant ? constant(folded) : undefined) ?? folded;
}

/** What a constant operand decides. */
function simplify(node: ExpressionNode): ExpressionNode | undefined {
  if (node.kind === "conditional" && node.condition.kind === "literal") {
    const { value } = node.condition;
    const chosen = value === null ? literal(null, node.type) : value === true ? node.whenTrue : node.whenFalse;
    return chosen.type === "null" ? literal(null, node.type) : chosen;
  }
  if (node.kind !== "binary" || (node.operator !== "&&" && node.operator !== "||")) return undefined;
  const stop = node.operator === "||";
  for (const [one, other] of [
    [node.left, node.right],
    [node.right, node.left],
  ] as const) {
    if (one.kind !== "literal" || one.value === null) continue;
    return one.value === stop ? literal(stop, "boolean") : other;
  }
  return undefined;
}

const literal = (value: Constant, type: ValueType): LiteralNode => ({ kind: "literal", type, value });

/** All that it needs is in it. */
function isClosed(node: ExpressionNode): boolean {
  if (node.kind === "field" || node.kind === "variable") return false;
  // a macro over constants is left to its own evaluation, once for all its entries
  if (node.kind === "macro" || node.kind === "bind") return !dependsOnRow(node, new Set());
  return childrenOf(node).every((child) => child.kind === "literal");
}

function dependsOnRow(node: ExpressionNode, bound: ReadonlySet<number>): boolean {
  if (node.kind === "field") return true;
  if (node.kind === "variable") return !bound.has(node.id);
  const inside = node.kind === "macro" || node.kind === "bind" ? new Set([...bound, node.variable.id]) : bound;
  return childrenOf(node).some((child) => dependsOnRow(child, inside));
}

function constant(node: ExpressionNode): ExpressionNode | undefined {
  const literals: unknown[] = [];
  const code = new ConstantCode(literals);
  const result = code.value(node);
  try {
    const value = compileCode(`let left = ${MAX_ITERATIONS}; ${code.body} return ${result};`, literals) as Constant;
    return literal(Number.isNaN(value) ? null : value, node.type);
  } catch (error) {
    // it fails for every row then, if it is asked for at all
    if (error instanceof ValueTooLarge) return undefined;
    throw error;
  }
}

class ConstantCode extends ExpressionCode {
  protected field(): string {
    throw new Error("a constant reads no field");
  }
}

function withChildren(node: ExpressionNode): ExpressionNode {
  switch (node.kind) {
    case "literal":
    case "field":
    case "variable":
      return node;
    case "unary":
      return { ...node, operand: fold(node.operand) };
    case "binary":
      return { ...node, left: fold(node.left), right: fold(node.right) };
    case "conditional":
      return {
        ...node,
        condition: fold(node.condition),
        whenTrue: fold(node.whenTrue),
        whenFalse: fold(node.whenFalse),
      };
    case "list":
    case "map":
      return { ...node, items: node.items.map(fold) };
    case "builtin":
    case "call":
      return { ...node, arguments: node.arguments.map(fold) };
    case "macro":
      return {
        ...node,
        range: fold(node.range),
        ...(node.condition && { condition: fold(node.condition) }),
        ...(node.value && { value: fold(node.value) }),
      };
    case "bind":
      return { ...node, value: fold(node.value), body: fold(node.body) };
  }
}
