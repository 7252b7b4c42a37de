import type { FilterOptions } from "@o2mc/schema/pipeline/steps/filter.ts";
import type { Scope } from "../../compile/scope.ts";

export function planFilter({ where }: FilterOptions, scope: Scope): void {
  scope.filter(scope.expression(where, "boolean"));
}
