import type { ResultFrame } from "@o2mc/schema/events/result-frame.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { deadSubject, resultSubject } from "@o2mc/schema/subjects.ts";
import type { Effects } from "../partition/effects.ts";

/** Below the server's usual 1 MB, with room for headers. */
const MAX_BYTES = 900_000;

export interface EffectMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly messageId: string;
}

/** The hub messages of what one message of the log caused; a result too large for one message becomes several. */
export function effectMessages(application: string, effects: Effects): EffectMessage[] {
  const messages: EffectMessage[] = [];
  for (const { pipeline, output, messageId, frame } of effects.results) {
    for (const part of split(frame, messageId)) {
      messages.push({ subject: resultSubject(application, pipeline, output), ...part });
    }
  }
  for (const { pipeline, messageId, letter } of effects.dead) {
    const data = encode(letter);
    const small = data.length <= MAX_BYTES ? data : encode({ ...letter, row: {} });
    messages.push({ subject: deadSubject(application, "process", pipeline), data: small, messageId });
  }
  return messages;
}

/** Halves until each part fits. One row that does not fit goes whole: the hub refuses it and says so. */
function split(frame: ResultFrame, messageId: string): { data: Uint8Array; messageId: string }[] {
  const data = encode(frame);
  if (data.length <= MAX_BYTES || frame.n < 2) return [{ data, messageId }];
  const middle = frame.n >> 1;
  return [
    ...split(slice(frame, 0, middle), `${messageId}-0`),
    ...split(slice(frame, middle, frame.n), `${messageId}-1`),
  ];
}

function slice(frame: ResultFrame, from: number, to: number): ResultFrame {
  const columns: Record<string, readonly Scalar[]> = {};
  for (const [name, values] of Object.entries(frame.columns)) columns[name] = values.slice(from, to);
  return {
    ...frame,
    n: to - from,
    id: frame.id.slice(from, to),
    ...(frame.subjectKey === undefined ? {} : { subjectKey: frame.subjectKey.slice(from, to) }),
    columns,
  };
}

const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
