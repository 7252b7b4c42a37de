import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { StepVerb } from "@o2mc/schema/pipeline/definition.ts";
import type { Rows } from "./rows.ts";

/** What a step may do besides returning rows. */
export interface StepContext {
  /** hands rows to an output */
  readonly emit: (output: string, rows: Rows) => void;
  /** takes one row out of the line, with a stable code and the reason */
  readonly dead: (rows: Rows, row: number, code: string, message: string) => void;
}

/** One step of one pipeline on one partition. The engine calls `run` with each batch, in log order, from one thread. */
export interface Step {
  readonly verb: StepVerb;
  /** Rows in, rows out. What it throws takes the batch row by row, and the row that throws to the dead letters. */
  run(rows: Rows, context: StepContext): Rows;
}

/** Time as the log tells it, epoch ms. */
export interface Clock {
  /** everything up to here has been seen, as far as lateness goes */
  readonly watermark: number;
  /** what is complete at this time completes although newer events are missing (idle partition); -Infinity otherwise */
  readonly timer: number;
}

/** A step that holds rows back. It must handle its own rows' errors: rows can't be run twice. */
export interface StatefulStep extends Step {
  /** The rows that complete by `clock`; called after all rows before it were run. */
  advance(clock: Clock, context: StepContext): Rows;
  /** how far, in ms, the times of rows that still may come are behind the watermark */
  readonly delay: number;
  /** number of open sessions or windows */
  readonly open: number;
  /** plain JSON, columnar */
  snapshot(): unknown;
  restore(state: unknown): void;
}

export const isStateful = (step: Step): step is StatefulStep => "advance" in step;

/** What a step is built with. `types` holds the columns before the step; the builder leaves those after it. */
export interface BuildContext {
  readonly types: Map<string, FieldType>;
  /** HMAC key of `anonymize: hash` */
  readonly hashKey: Uint8Array;
  readonly geoip: GeoLookup;
}

export interface Place {
  readonly country: string | null;
  readonly city: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** Where an address is; undefined when unknown. May throw on a corrupt database. */
export type GeoLookup = (address: string) => Place | undefined;
