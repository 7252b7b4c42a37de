import type { SplitOptions } from "@o2mc/schema/pipeline/steps/split.ts";
import type { Scope } from "../../compile/scope.ts";
import type { PlanLine } from "../step.ts";

export function planSplit({ cases, otherwise }: SplitOptions, scope: Scope, planLine: PlanLine): void {
  const conditions = cases.map(({ when }) => scope.expression(when, "boolean"));
  const lines = cases.map(({ steps }, i) => planLine(`case ${i + 1}`, steps));
  const rest = otherwise === undefined ? undefined : planLine("otherwise", otherwise);
  scope.route(conditions, { lines, otherwise: rest, moves: true });
}
