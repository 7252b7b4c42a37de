import type { ASTNode } from "@marcbachmann/cel-js";

/**
 * The dotted path of `event.a.b`, `event["a.b"]` or `event.a["b"]`; undefined when the node is something else. A field
 * that is missing is null anyway, so CEL's `event.?a` is the same.
 */
export function fieldPath(node: ASTNode): string | undefined {
  const parts: string[] = [];
  let at = node;
  while (at.op === "." || at.op === "[]" || at.op === ".?" || at.op === "[?]") {
    const [base, key] = at.args;
    if (typeof key === "string") parts.unshift(key);
    else if (key.op === "value" && typeof key.args === "string") parts.unshift(key.args);
    else return undefined;
    at = base;
  }
  return at.op === "id" && at.args === "event" && parts.length > 0 ? parts.join(".") : undefined;
}
