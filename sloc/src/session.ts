import type { Consent } from "./consent-store.ts";
import { backoffMs, type SendToSource } from "./edge.ts";

/** One granted consent and the events recorded under it. Ending it destroys what was not sent. */
export interface Session {
  readonly consent: () => Consent;
  readonly add: (event: object) => void;
  /** sends everything now: the page may be gone in a moment */
  readonly flush: () => void;
  readonly end: () => void;
}

export const MAX_QUEUE = 200;
export const MAX_BATCH_EVENTS = 20;
/** UTF-16 units. At most three bytes each, so a batch stays below the 64 KiB that browsers allow to keepalive requests. */
export const MAX_BATCH_LENGTH = 16_000;
const BATCH_DELAY_MS = 300;

/** Removes the next batch from the queue. */
export function takeBatch(queue: string[]): string[] {
  let length = 0;
  let count = 0;
  for (const event of queue) {
    length += event.length;
    if (count === MAX_BATCH_EVENTS || (count > 0 && length > MAX_BATCH_LENGTH)) break;
    count++;
  }
  return queue.splice(0, count);
}

export function receipt(purposes: readonly string[], policyVersion: number, tcf?: string, wording?: string): string {
  return JSON.stringify({ purposes, policyVersion, tcf, wording });
}

export const consentPath = (subject: string): string => `consent/${encodeURIComponent(subject)}`;

/** The receipt goes first; events follow once the edge has acknowledged it. */
export function openSession(
  given: Consent,
  send: SendToSource,
  save: (consent: Consent) => void,
  refused: () => void,
): Session {
  let consent = given;
  let queue: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let ended = false;
  let attempt = 0;
  const abort = new AbortController();

  const bound = (): void => {
    queue = queue.slice(-MAX_QUEUE);
  };

  const schedule = (delay: number): void => {
    if (!ended) timer ??= setTimeout(() => void step(), delay);
  };

  const sendBatch = async (): Promise<{ again: boolean; afterMs: number }> => {
    const batch = takeBatch(queue);
    const answer = await send("POST", "events", `[${batch.join()}]`, abort.signal);
    if (answer.again && !ended) {
      queue.unshift(...batch);
      bound();
    }
    return answer;
  };

  const register = async (): Promise<{ again: boolean; afterMs: number }> => {
    const body = receipt(consent.purposes, consent.policyVersion, consent.tcf, consent.wording);
    const answer = await send("PUT", consentPath(consent.subject), body, abort.signal);
    if (!ended && answer.ok) save((consent = { ...consent, registered: true }));
    else if (!ended && !answer.again) refused();
    return answer;
  };

  const step = async (): Promise<void> => {
    timer = undefined;
    if (busy || ended || (consent.registered && queue.length === 0)) return;
    busy = true;
    const answer = await (consent.registered ? sendBatch() : register());
    busy = false;
    attempt = answer.again ? attempt + 1 : 0;
    schedule(answer.again ? Math.max(answer.afterMs, backoffMs(attempt - 1, Math.random())) : 0);
  };

  schedule(0);
  return {
    consent: () => consent,
    add(event) {
      const text = JSON.stringify(event);
      if (ended || text.length > MAX_BATCH_LENGTH) return;
      queue.push(text);
      bound();
      schedule(BATCH_DELAY_MS);
    },
    flush() {
      while (!ended && queue.length > 0) void sendBatch();
    },
    end() {
      ended = true;
      queue = [];
      clearTimeout(timer);
      abort.abort();
    },
  };
}
