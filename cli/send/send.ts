import type { Readable } from "node:stream";
import { postBatch, type Target } from "./post-batch.ts";
import { readRecords, type Format } from "./records.ts";

const BATCH_EVENTS = 500;

export interface Rejection {
  readonly line: number;
  readonly reason: string;
}

export interface Counts {
  lines: number;
  accepted: number;
  denied: Record<string, number>;
  retries: number;
  readonly rejected: Rejection[];
}

/**
 * Sends a stream in batches of 500, one after the other: the order of the input is the order of its time, and batches that
 * overtake each other would make events late. `counts` is kept up to date for a progress display. Throws a SendError.
 */
export async function send(input: Readable, format: Format, target: Target, counts: Counts): Promise<void> {
  let events: object[] = [];
  let lines: number[] = [];
  for await (const record of readRecords(input, format)) {
    counts.lines += 1;
    if ("reason" in record) {
      counts.rejected.push({ line: record.line, reason: record.reason });
      continue;
    }
    events.push(record.event);
    lines.push(record.line);
    if (events.length < BATCH_EVENTS) continue;
    await sendBatch(target, events, lines, counts);
    events = [];
    lines = [];
  }
  if (events.length > 0) await sendBatch(target, events, lines, counts);
}

async function sendBatch(
  target: Target,
  events: readonly object[],
  lines: readonly number[],
  counts: Counts,
): Promise<void> {
  const answer = await postBatch(target, events, () => {
    counts.retries += 1;
  });
  counts.accepted += answer.accepted;
  for (const { reason, count } of answer.denied) counts.denied[reason] = (counts.denied[reason] ?? 0) + count;
  for (const { index, code, message } of answer.rejected) {
    counts.rejected.push({ line: lines[index] ?? 0, reason: `${code}: ${message}` });
  }
}
