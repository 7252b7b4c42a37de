import type { Step } from "./steps.ts";
import type { TimeOptions } from "./time.ts";

export type { Step, StepVerb } from "./steps.ts";
export { DEFAULT_TIME, type TimeOptions } from "./time.ts";

/**
 * A pipeline as its developer writes it. Steps run in order over the rows of a lane; `emit` hands the current rows to an
 * output and lets them go on, so that one pipeline may have several outputs.
 */
export interface PipelineDefinition {
  readonly purposes: readonly string[];
  readonly time: TimeOptions;
  readonly steps: readonly Step[];
}
