import type { ExpressionNode } from "@o2mc/schema/expression/node.ts";

/** Equal for expressions that compute the same; `nameOf` says what a field's path stands for. */
export function nodeKey(node: ExpressionNode, nameOf: (path: string) => string | number): string {
  return JSON.stringify(node, (key, value: unknown) => {
    if (key === "path" && typeof value === "string") return nameOf(value);
    if (value instanceof Map) return [...value];
    // JSON has no word for these
    if (Object.is(value, -0)) return "-0";
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  });
}
