import type { BranchOptions } from "@o2mc/schema/pipeline/steps/branch.ts";
import type { Scope } from "../../compile/scope.ts";
import type { PlanLine } from "../step.ts";

export function planBranch({ when, steps }: BranchOptions, scope: Scope, planLine: PlanLine): void {
  const conditions = when === undefined ? [] : [scope.expression(when, "boolean")];
  const line = planLine("", steps);
  const all = when === undefined;
  scope.route(conditions, { lines: all ? [] : [line], otherwise: all ? line : undefined, moves: false });
}
