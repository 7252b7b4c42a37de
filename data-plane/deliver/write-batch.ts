import { type BackOff, backOffMs, pause } from "./back-off.ts";
import type { Consent } from "./consent.ts";
import type { DeliveryCounters } from "./counters.ts";
import type { DeadLetters } from "./dead-letters.ts";
import {
  type Batch,
  type Destination,
  NotConnected,
  Partial,
  Permanent,
  RetryAfter,
  type RowFailure,
} from "./destination.ts";
import type { ConsentRow } from "./frame-rows.ts";

export interface Writing {
  readonly destination: Destination;
  readonly consent: Consent;
  readonly deadLetters: DeadLetters;
  readonly counters: DeliveryCounters;
  readonly backOff: BackOff;
  /** connects anew, for as long as it takes; called after the destination was lost */
  readonly reconnect: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Resolves when every row is durable at the destination, denied by its subject, or a dead letter. Throws only when `signal`
 * aborts, or when the hub does not take a dead letter: then nothing may be acknowledged.
 */
export async function writeBatch(batch: Omit<Batch, "rows">, rows: readonly ConsentRow[], w: Writing): Promise<void> {
  let left = rows;
  for (let failures = 0, unknown = 0; ; w.counters.retries++) {
    await w.consent.known(w.signal);
    left = permitted(left, w);
    if (left.length === 0) return;
    try {
      await w.destination.write({ ...batch, rows: left });
      w.counters.rowsWritten += left.length;
      w.counters.batches++;
      up(w.counters);
      return;
    } catch (error) {
      failures++;
      if (error instanceof Partial) {
        await bury(left, (index) => error.failures.get(index), w);
        w.counters.rowsWritten += left.length - error.failures.size;
        w.counters.batches++;
        up(w.counters);
        return;
      }
      if (error instanceof Permanent) {
        await bury(left, () => ({ code: error.code, message: error.message }), w);
        return;
      }
      w.signal.throwIfAborted();
      retrying(w.counters, error);
      if (error instanceof NotConnected) {
        await w.destination.close();
        await pause(backOffMs(w.backOff, failures), w.signal);
        await w.reconnect();
      } else if (error instanceof RetryAfter) {
        await pause(error.ms, w.signal);
      } else if (++unknown >= w.backOff.attempts) {
        await bury(left, () => ({ code: errorCode(error), message: messageOf(error) }), w);
        return;
      } else {
        await pause(backOffMs(w.backOff, unknown), w.signal);
      }
      w.signal.throwIfAborted();
    }
  }
}

function permitted(rows: readonly ConsentRow[], w: Writing): readonly ConsentRow[] {
  const kept = rows.filter(
    ({ subjectKey, purposes, policy }) => subjectKey === undefined || w.consent.permits(subjectKey, purposes, policy),
  );
  w.counters.rowsDenied += rows.length - kept.length;
  return kept;
}

async function bury(
  rows: readonly ConsentRow[],
  failureOf: (index: number) => RowFailure | undefined,
  w: Writing,
): Promise<void> {
  for (const [index, row] of rows.entries()) {
    const failure = failureOf(index);
    if (failure === undefined) continue;
    // an attempt takes its time: a withdrawal meanwhile counts for what it leaves behind, too
    if (permitted([row], w).length === 0) continue;
    await w.deadLetters.row(row, failure);
    w.counters.rowsDead++;
    w.counters.error = failure.code;
  }
}

export function up(counters: DeliveryCounters): void {
  counters.state = "up";
  counters.error = null;
}

export function retrying(counters: DeliveryCounters, error: unknown): void {
  counters.state = "retrying";
  counters.error = errorCode(error);
}

/** The stable code of a typed error; `deliver.unknown-error` for any other. */
export function errorCode(error: unknown): string {
  if (error instanceof NotConnected || error instanceof RetryAfter || error instanceof Permanent) return error.code;
  return "deliver.unknown-error";
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "the destination failed");
