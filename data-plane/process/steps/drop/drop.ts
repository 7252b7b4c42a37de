import type { DropOptions } from "@o2mc/schema/pipeline/steps/drop.ts";
import type { Scope } from "../../compile/scope.ts";

export function planDrop({ fields }: DropOptions, scope: Scope): void {
  for (const field of fields) scope.remove(field);
}
