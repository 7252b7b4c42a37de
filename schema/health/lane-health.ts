import type { StepCounters } from "./step-counters.ts";

/** What one step has done and holds now. */
export interface StepHealth extends Readonly<StepCounters> {
  /** as dead letters name it: `3.case-2.1` */
  readonly place: string;
  readonly verb: string;
  /** open sessions, windows and the like; null = it has none */
  readonly keys: number | null;
  /** of memory, about */
  readonly bytes: number;
}

export interface PipelineHealth {
  readonly pipeline: string;
  readonly steps: readonly StepHealth[];
}
