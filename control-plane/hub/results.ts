import { JetStreamError } from "@nats-io/jetstream";
import type { Logger } from "@o2mc/runtime/log.ts";
import { decodeResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { liveSubject, resultSubject, STREAMS, WINDOW_CONSUMER } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";
import { LiveResults } from "./live-results.ts";
import type { StoredFrame } from "./result-buffer.ts";
import { resultConsent, type ResultConsent } from "./result-consent.ts";
import { resultRows, type ShownRows } from "./result-rows.ts";
import { nullWhenMissing } from "./streams.ts";

export interface ResultsRequest {
  readonly application: string;
  readonly pipeline: string;
  readonly output: string;
  /** cursor of the last rows that the subscriber has; without it only what comes from now on */
  readonly after?: number;
}

/**
 * Why results are missing: the reader was slower than they came or than the hub holds them, or its cursor was older than
 * what the hub still holds.
 */
export type GapReason = "slow-reader" | "expired";

export type ResultEvent =
  | ({ readonly type: "rows"; readonly cursor: number } & ShownRows)
  | {
      readonly type: "gap";
      /** results with a cursor in (from, until] may be missing */
      readonly from: number;
      readonly until: number;
      readonly reason: GapReason;
      /** how many rows they were, where that is known: the hub does not count what it lets go of */
      readonly rows?: number;
    };

const ATTEMPTS = 60;
const ATTEMPT_MS = 500;
const BATCH = 64;
const BATCH_BYTES = 1024 ** 2;

/**
 * The results of one output: those since `after` that the hub still holds, then live ones, each once and in order. A
 * cursor is a sequence of the RESULTS stream. Rows of subjects who have withdrawn meanwhile are left out and counted.
 * `return()` ends it at once, also while nothing comes.
 */
export function openResults(
  connection: TenantConnection,
  request: ResultsRequest,
  log: Logger,
): AsyncIterableIterator<ResultEvent, void, undefined> {
  const { application, pipeline, output } = request;
  const live = new LiveResults(connection.nc, liveSubject(application, pipeline, output));
  const events = follow(connection, request, live, log);
  return {
    next: () => events.next(),
    // a generator's own return() waits for what it is waiting for
    return: () => {
      live.close();
      return events.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* follow(
  connection: TenantConnection,
  request: ResultsRequest,
  live: LiveResults,
  log: Logger,
): AsyncGenerator<ResultEvent, void, undefined> {
  const { application, pipeline, output } = request;
  const subject = resultSubject(application, pipeline, output);
  const consent = resultConsent(connection, application, log);
  try {
    let last = request.after ?? (await patiently(live, () => bounds(connection))).end;
    // asked when a row is about to be shown, not when it was read: a withdrawal counts for what waits, too
    const rows = async (frame: StoredFrame): Promise<ResultEvent> => {
      await Promise.race([consent.known(), live.ended]);
      return shown(frame, live.closed ? NOTHING : consent);
    };
    const catchUp = async function* (first: GapReason): AsyncGenerator<ResultEvent, void, undefined> {
      const { end } = await patiently(live, () => bounds(connection));
      for (let reason = first; ; reason = "slow-reader") {
        const batch = last < end ? await patiently(live, () => storedAfter(connection, subject, last)) : [];
        // read after the batch: what was held when the batch was read is in it
        const { floor } = await patiently(live, () => bounds(connection));
        const start = last > end ? end : Math.max(last, Math.min(floor, end));
        // older than what is held, or the cursor of another life of the stream
        if (start !== last) {
          yield { type: "gap", from: last, until: start, reason };
          last = start;
        }
        for (const frame of batch) {
          if (frame.seq <= last || frame.seq > end) continue;
          last = frame.seq;
          yield await rows(frame);
        }
        if (batch.length === 0 || last >= end) break;
      }
      last = Math.max(last, end);
    };

    // what is stored from here on arrives live too: the subscription is older than the stream's end that is read now
    await patiently(live, () => connection.nc.flush());
    yield* catchUp("expired");
    // live frames left out while the stream was being read are not missing yet: they are read from it too
    let catchingUp = live.overflowed;
    for (;;) {
      const item = await live.next();
      if (item === undefined) return;
      if (item === "resumed") {
        yield* catchUp("expired");
        catchingUp = live.overflowed;
      } else if ("seq" in item) {
        if (item.seq <= last) continue;
        // each names the one before it: a hole is read from the stream
        if (item.before > last) yield* catchUp("slow-reader");
        if (item.seq <= last) continue;
        last = item.seq;
        yield await rows(item);
      } else if (catchingUp) {
        yield* catchUp("slow-reader");
        catchingUp = live.overflowed;
      } else if (item.until > last) {
        const { from, until, rows: missed } = item;
        // what of it was read from the stream was not counted apart
        const counted = from >= last ? { rows: missed } : {};
        yield { type: "gap", from: Math.max(from, last), until, reason: "slow-reader", ...counted };
        last = until;
      }
    }
  } finally {
    live.close();
    consent.release();
  }
}

/** For whom nobody listens any more. */
const NOTHING: Pick<ResultConsent, "permits"> = { permits: () => false };

function shown({ seq, data }: StoredFrame, consent: Pick<ResultConsent, "permits">): ResultEvent {
  const frame = decodeResultFrame(data);
  const purposes = frame.lane.split("+");
  return {
    type: "rows",
    cursor: seq,
    ...resultRows(frame, (subjectKey, policy) => consent.permits(subjectKey, purposes, policy)),
  };
}

/** `floor`: nothing up to it is sure to be held; `end`: the last sequence stored. */
async function bounds({ jsm }: TenantConnection): Promise<{ readonly floor: number; readonly end: number }> {
  const window = await jsm.consumers.info(STREAMS.results, WINDOW_CONSUMER).catch(nullWhenMissing);
  const { state } = await jsm.streams.info(STREAMS.results);
  // a slow delivery may hold older messages of its own subject while others' are gone: so the first sequence is not enough
  const floor = window === null ? state.last_seq : window.ack_floor.stream_seq;
  return { floor: Math.max(floor, state.first_seq - 1), end: state.last_seq };
}

async function storedAfter({ jsm }: TenantConnection, subject: string, seq: number): Promise<readonly StoredFrame[]> {
  const frames: StoredFrame[] = [];
  const batch = await jsm.direct.getBatch(STREAMS.results, {
    seq: seq + 1,
    next_by_subj: subject,
    batch: BATCH,
    max_bytes: BATCH_BYTES,
  });
  try {
    for await (const { seq: at, data } of batch) frames.push({ seq: at, data });
  } catch (error) {
    if (!(error instanceof JetStreamError && "code" in error && error.code === 404)) throw error;
  }
  return frames;
}

/** A hub that is down for a while interrupts no subscription; after half a minute the subscriber comes back by cursor. */
async function patiently<T>(live: LiveResults, read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      if (live.closed || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, ATTEMPT_MS).unref());
    }
  }
}
