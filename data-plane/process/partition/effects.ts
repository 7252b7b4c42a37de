import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";

/** of the hub: below the server's usual 1 MB, with room for headers */
export const MAX_MESSAGE_BYTES = 900_000;

/** What one message of the log causes; publishing it is the worker's part. */
export interface Effects {
  readonly results: readonly ResultMessage[];
  readonly dead: readonly DeadMessage[];
}

export interface ResultMessage {
  readonly pipeline: string;
  readonly output: string;
  readonly messageId: string;
  /** a `ResultFrame` */
  readonly data: Uint8Array;
}

export interface DeadMessage {
  readonly pipeline: string;
  readonly messageId: string;
  readonly letter: DeadLetter;
}

/**
 * Why a row may not be used now, or undefined: the recheck behind the gate. `policy` is the version that the event was let
 * in under; of a result row, which is of no one source, the oldest that its subject's own consent was given under (0 = none).
 */
export type Recheck = (subjectKey: string, source: string | undefined, policy: number) => string | undefined;

/** Counts by name, such as `events`, `late`, `denied.withdrawn`. */
export type Count = (name: string, n: number) => void;
