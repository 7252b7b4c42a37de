import type { MapOptions } from "@o2mc/schema/pipeline/steps/map.ts";
import type { Scope } from "../../compile/scope.ts";

/** All expressions see the row as it was before the step. */
export function planMap({ set }: MapOptions, scope: Scope): void {
  scope.set(set.map(({ field, expression }) => [field, scope.expression(expression)] as const));
}
