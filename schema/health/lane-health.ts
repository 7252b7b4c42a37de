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

/** Value in `BUCKETS.health`: what the owner of a partition tells of it every few seconds, as long as there is news. */
export interface PartitionHealth {
  readonly v: 1;
  /** epoch ms */
  readonly at: number;
  /** deployment revision that it runs */
  readonly revision: number;
  /** frames and events that it has processed since it took the partition over */
  readonly frames: number;
  readonly events: number;
  /** how old the newest frame was when it was processed, ms */
  readonly lagMs: number;
  /** of memory; `limit`: the tenant's quota; `refused`: rows that found no room */
  readonly state: { readonly bytes: number; readonly limit: number | null; readonly refused: number };
  readonly pipelines: readonly PipelineHealth[];
}
