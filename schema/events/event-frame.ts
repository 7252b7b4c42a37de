import type { Column, NumberColumn, TextColumn } from "./columns/column.ts";
import { FrameError, FrameReader } from "./columns/decode.ts";
import { encodeFrame } from "./columns/encode.ts";

/** What holds for a whole frame of events. */
export interface EventFrameHead {
  /** deployment revision and policy version that it was cut with */
  readonly revision: number;
  readonly policy: number;
  /** epoch ms at which the edge cut it: the log's arrival clock */
  readonly at: number;
}

/** What each event has, whatever the policy says; none of it is personal but the key, which no expression can read. */
export interface Envelope {
  readonly $id: TextColumn;
  readonly $type: TextColumn;
  /** epoch ms, event time */
  readonly $time: NumberColumn;
  readonly $source: TextColumn;
  readonly "#key": TextColumn;
}

/**
 * A micro-batch of events of one lane and partition, columnar: message on `eventSubject`. Beside the envelope it carries
 * one column per declared path of the lane (`$subject` and `$ip` among them if the lane may see them) and no other; the
 * gate has removed the rest.
 */
export interface EventFrame extends EventFrameHead {
  readonly n: number;
  readonly envelope: Envelope;
  /** undefined when the frame was cut without it, for an older deployment say */
  readonly column: (path: string) => Column | undefined;
}

export function encodeEventFrame(
  head: EventFrameHead,
  n: number,
  envelope: Envelope,
  fields: readonly (readonly [path: string, column: Column])[],
): Uint8Array {
  return encodeFrame(head, n, [...(Object.entries(envelope) as [string, Column][]), ...fields]);
}

/** @throws FrameError */
export function readEventFrame(message: Uint8Array): EventFrame {
  const reader = new FrameReader(message);
  const { revision, policy, at } = reader.attributes;
  if (typeof revision !== "number" || typeof policy !== "number" || typeof at !== "number") {
    throw new FrameError("no frame of events");
  }
  const text = (name: string): TextColumn => {
    const column = reader.column(name);
    if (column?.kind !== "text") throw new FrameError(`no ${name}`);
    return column;
  };
  const $time = reader.column("$time");
  if ($time?.kind !== "number") throw new FrameError("no $time");
  return {
    revision,
    policy,
    at,
    n: reader.n,
    envelope: { $id: text("$id"), $type: text("$type"), $time, $source: text("$source"), "#key": text("#key") },
    column: (path) => reader.column(path),
  };
}
