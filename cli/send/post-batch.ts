import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const compress = promisify(gzip);
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

export interface Target {
  readonly edge: string;
  readonly source: string;
  readonly key: string;
  /** how long one batch may be retried */
  readonly patienceMs: number;
}

export interface Answer {
  readonly accepted: number;
  readonly denied: readonly { readonly reason: string; readonly count: number }[];
  readonly rejected: readonly { readonly index: number; readonly code: string; readonly message: string }[];
}

/** The edge refused the whole batch, or could not be reached for too long. */
export class SendError extends Error {
  override readonly name = "SendError";
}

/**
 * Posts one batch and waits for its 202. No answer, 429 and 5xx are tried again with back-off, Retry-After honoured: the
 * events keep their ids, so that a repetition counts once. Any other answer throws a SendError.
 */
export async function postBatch(
  target: Target,
  events: readonly object[],
  onRetry: (why: string) => void,
): Promise<Answer> {
  const body = new Uint8Array(await compress(JSON.stringify(events)));
  const until = Date.now() + target.patienceMs;
  for (let attempt = 0; ; attempt++) {
    const outcome = await tryOnce(target, body);
    if (!("retry" in outcome)) return outcome;
    const back = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
    const wait = Math.max(outcome.afterMs, back);
    if (Date.now() + wait > until) throw new SendError(`gave up after repeated failures: ${outcome.retry}`);
    onRetry(outcome.retry);
    await sleep(wait);
  }
}

async function tryOnce(
  target: Target,
  body: Uint8Array<ArrayBuffer>,
): Promise<Answer | { readonly retry: string; readonly afterMs: number }> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${target.edge}/v1/sources/${encodeURIComponent(target.source)}/events`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "content-encoding": "gzip",
        authorization: `Bearer ${target.key}`,
      },
      body,
      signal: AbortSignal.timeout(30_000),
    });
    text = await response.text();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return { retry: `no answer from ${target.edge} (${cause})`, afterMs: 0 };
  }
  if (response.status === 202) return JSON.parse(text) as Answer;
  if (response.status === 429 || response.status >= 500) {
    const seconds = Number(response.headers.get("retry-after"));
    return { retry: `answered ${response.status}`, afterMs: Number.isFinite(seconds) ? seconds * 1000 : 0 };
  }
  throw new SendError(`the edge answered ${response.status}: ${problem(text)}`);
}

function problem(text: string): string {
  try {
    const { code, detail, title } = JSON.parse(text) as { code?: string; detail?: string; title?: string };
    return [code, detail ?? title].filter((part) => part !== undefined).join(": ");
  } catch {
    return text.slice(0, 200);
  }
}
