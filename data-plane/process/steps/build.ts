import type { Step as StepDefinition } from "@o2mc/schema/pipeline/definition.ts";
import { buildAnonymize } from "./anonymize/anonymize.ts";
import { buildDrop } from "./drop/drop.ts";
import { buildEmit } from "./emit/emit.ts";
import { buildFilter } from "./filter/filter.ts";
import { buildLookup } from "./lookup/lookup.ts";
import { buildMap } from "./map/map.ts";
import { buildRename } from "./rename/rename.ts";
import { buildSessionize } from "./sessionize/sessionize.ts";
import type { BuildContext, Step } from "./step.ts";
import { buildWindow } from "./window/window.ts";

/** The registry of steps: every verb, once. */
export function buildStep(definition: StepDefinition, context: BuildContext): Step {
  if ("filter" in definition) return buildFilter(definition.filter, context);
  if ("map" in definition) return buildMap(definition.map, context);
  if ("drop" in definition) return buildDrop(definition.drop, context);
  if ("rename" in definition) return buildRename(definition.rename, context);
  if ("anonymize" in definition) return buildAnonymize(definition.anonymize, context);
  if ("lookup" in definition) return buildLookup(definition.lookup, context);
  if ("sessionize" in definition) return buildSessionize(definition.sessionize, context);
  if ("window" in definition) return buildWindow(definition.window, context);
  return buildEmit(definition.emit);
}
