import { hash } from "node:crypto";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Aggregate } from "@o2mc/schema/pipeline/steps/window.ts";
import { createAccumulator, type Accumulator } from "./aggregate.ts";

/** One window of one group. */
export interface Group {
  readonly by: readonly Scalar[];
  /** when the window is per subject; else empty */
  readonly subjectKey: string;
  readonly accumulators: readonly Accumulator[];
}

export function createGroup(
  by: readonly Scalar[],
  subjectKey: string,
  aggregates: readonly Aggregate[],
  states: readonly unknown[] = [],
): Group {
  return { by, subjectKey, accumulators: aggregates.map(({ kind }, a) => createAccumulator(kind, states[a])) };
}

const GROUP_BYTES = 200;
const ACCUMULATOR_BYTES = 50;
const COMPLETED_BYTES = 80;

/** Of a new group, about. */
export const groupBytes = (key: string, aggregates: number): number =>
  GROUP_BYTES + 4 * key.length + ACCUMULATOR_BYTES * aggregates;

export const completedBytes = (key: string): number => COMPLETED_BYTES + 2 * key.length;

/** Distinguishes 1, "1", true and null. */
export const groupKey = (by: readonly Scalar[]): string => JSON.stringify(by);

/** The same for the same group and window, whatever the frames were. */
export const windowRowId = (key: string, start: number): string =>
  `${hash("sha256", key, "base64url").slice(0, 22)}-${start.toString(36)}`;
