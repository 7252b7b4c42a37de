import type { OptionsOf } from "../options/options-of.ts";
import type { StepSpec } from "./step-spec.ts";
import { anonymize } from "./steps/anonymize.ts";
import { branch } from "./steps/branch.ts";
import { dedupe } from "./steps/dedupe.ts";
import { drop } from "./steps/drop.ts";
import { emit } from "./steps/emit.ts";
import { filter } from "./steps/filter.ts";
import { lookup } from "./steps/lookup.ts";
import { map } from "./steps/map.ts";
import { parse } from "./steps/parse.ts";
import { rename } from "./steps/rename.ts";
import { sample } from "./steps/sample.ts";
import { sequence } from "./steps/sequence.ts";
import { sessionize } from "./steps/sessionize.ts";
import { split } from "./steps/split.ts";
import { window } from "./steps/window.ts";

/** Every step. Another one is a spec in `steps/` and a folder of the same name in `data-plane/process/steps`. */
const SPECS = [
  filter,
  map,
  drop,
  rename,
  parse,
  anonymize,
  lookup,
  sample,
  dedupe,
  sessionize,
  window,
  sequence,
  branch,
  split,
  emit,
] as const;

export type StepVerb = (typeof SPECS)[number]["verb"];

/** One step of a definition: exactly one key, the verb. */
export type Step = {
  [Verb in StepVerb]: {
    readonly [V in Verb]: OptionsOf<Extract<(typeof SPECS)[number], { readonly verb: V }>["options"]>;
  };
}[StepVerb];

export const STEPS: readonly StepSpec<StepVerb>[] = SPECS;
