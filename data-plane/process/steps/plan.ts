import type { Step } from "@o2mc/schema/pipeline/definition.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import type { Scope } from "../compile/scope.ts";
import { planAnonymize } from "./anonymize/anonymize.ts";
import { planBranch } from "./branch/branch.ts";
import { planDedupe } from "./dedupe/dedupe.ts";
import { planDrop } from "./drop/drop.ts";
import { planEmit } from "./emit/emit.ts";
import { planFilter } from "./filter/filter.ts";
import { planLookup } from "./lookup/lookup.ts";
import { planMap } from "./map/map.ts";
import { planParse } from "./parse/parse.ts";
import { planRename } from "./rename/rename.ts";
import { planSample } from "./sample/sample.ts";
import { planSequence } from "./sequence/sequence.ts";
import { planSessionize } from "./sessionize/sessionize.ts";
import { planSplit } from "./split/split.ts";
import type { PlanLine, Services } from "./step.ts";
import { planWindow } from "./window/window.ts";

/** The registry of steps: every verb, once. */
export function planStep(
  step: Step,
  scope: Scope,
  services: Services,
  outputs: readonly OutputType[],
  planLine: PlanLine,
): void {
  if ("filter" in step) planFilter(step.filter, scope);
  else if ("map" in step) planMap(step.map, scope);
  else if ("drop" in step) planDrop(step.drop, scope);
  else if ("rename" in step) planRename(step.rename, scope);
  else if ("parse" in step) planParse(step.parse, scope);
  else if ("anonymize" in step) planAnonymize(step.anonymize, scope, services);
  else if ("lookup" in step) planLookup(step.lookup, scope, services);
  else if ("sessionize" in step) planSessionize(step.sessionize, scope);
  else if ("window" in step) planWindow(step.window, scope);
  else if ("sequence" in step) planSequence(step.sequence, scope);
  else if ("sample" in step) planSample(step.sample, scope);
  else if ("dedupe" in step) planDedupe(step.dedupe, scope);
  else if ("branch" in step) planBranch(step.branch, scope, planLine);
  else if ("split" in step) planSplit(step.split, scope, planLine);
  else planEmit(step.emit, scope, outputs);
}
