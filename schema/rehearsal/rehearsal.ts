import type { DenialReason } from "../consent/decision.ts";
import type { Deployment } from "../deployment/deployment.ts";
import type { Scalar } from "../events/frame.ts";

/**
 * A pipeline that is not deployed, to be run once over sample events: what the control plane hands to the data plane's
 * rehearsal program on its standard input, JSON. The deployment has one source, one lane of one partition, and a salt of
 * its own, so that no pseudonym in the answer is one of the tenant's.
 */
export interface RehearsalRequest {
  readonly deployment: Deployment;
  /** as its sender would send them */
  readonly events: readonly unknown[];
  /** epoch ms: when they come in */
  readonly now: number;
  /** rows that are shown of each step and output; all are counted */
  readonly shown: number;
}

/** What came of it: its standard output, JSON. */
export interface RehearsalResult {
  /** one per event */
  readonly samples: readonly SampleOutcome[];
  /** admitted samples that had come before, by source and id */
  readonly duplicates: number;
  /** the rows that went on behind each step */
  readonly steps: readonly RehearsedStep[];
  readonly outputs: readonly RehearsedOutput[];
  readonly deadLetters: readonly RehearsedDeadLetter[];
}

/** What the edge makes of a sample: admitted into the lane, denied by the consent gate, or refused as no event. */
export type SampleOutcome =
  | { readonly outcome: "admitted" }
  | { readonly outcome: "denied"; readonly reason: DenialReason | "not-granted" }
  | { readonly outcome: "rejected"; readonly reason: string; readonly message: string };

export interface RehearsedRow {
  readonly id: string;
  readonly cells: Readonly<Record<string, Scalar>>;
}

export interface RehearsedStep {
  /** as dead letters name it: `3.case-2.1` */
  readonly place: string;
  readonly verb: string;
  readonly count: number;
  readonly rows: readonly RehearsedRow[];
}

export interface RehearsedOutput {
  readonly name: string;
  readonly count: number;
  readonly rows: readonly RehearsedRow[];
}

export interface RehearsedDeadLetter {
  readonly step: string | null;
  readonly code: string;
  readonly message: string;
  readonly row: Readonly<Record<string, Scalar>>;
}
