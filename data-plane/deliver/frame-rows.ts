import { FrameError } from "@o2mc/schema/events/columns/decode.ts";
import { decodeResultFrame, type ResultFrame } from "@o2mc/schema/events/result-frame.ts";
import type { OutputColumn } from "@o2mc/schema/pipeline/types.ts";
import type { Row } from "./destination.ts";
import { erasureKey } from "./erasure-key.ts";

/** A row with what is needed to ask for its subject's consent. */
export interface ConsentRow extends Row {
  readonly purposes: readonly string[];
  readonly subjectKey: string | undefined;
  /** as in `ResultFrame` */
  readonly policy: number;
}

/** Reads the message of `resultSubject`; undefined when it is not a result frame. */
export function parseFrame(message: Uint8Array): ResultFrame | undefined {
  try {
    return decodeResultFrame(message);
  } catch (error) {
    if (error instanceof FrameError) return undefined;
    throw error;
  }
}

/** The rows of a frame in the order of `columns`; what the frame lacks is null. A lane is named by its purposes. */
export function frameRows(frame: ResultFrame, columns: readonly OutputColumn[], delivery: string): ConsentRow[] {
  const purposes = frame.lane.split("+");
  const arrays = columns.map((column) => (Object.hasOwn(frame.columns, column.name) ? frame.columns[column.name] : []));
  const keys = new Map<string, string>();
  const keyOf = (subjectKey: string): string => {
    let key = keys.get(subjectKey);
    if (key === undefined) keys.set(subjectKey, (key = erasureKey(delivery, subjectKey)));
    return key;
  };
  return frame.id.map((id, i) => {
    const subjectKey = frame.subjectKey?.[i];
    const values = arrays.map((array) => array?.[i] ?? null);
    const policy = frame.policy?.[i] ?? 0;
    const key = subjectKey === undefined ? undefined : keyOf(subjectKey);
    return { id, values, purposes, subjectKey, policy, erasureKey: key };
  });
}
