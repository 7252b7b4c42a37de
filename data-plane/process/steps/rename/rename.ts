import type { RenameOptions } from "@o2mc/schema/pipeline/steps/rename.ts";
import type { Scope } from "../../compile/scope.ts";

/** One after the other, so that `a → b, b → c` is what it says. */
export function planRename({ fields }: RenameOptions, scope: Scope): void {
  for (const { from, to } of fields) {
    const node = scope.read(from);
    scope.remove(from);
    scope.set([[to, node]]);
  }
}
