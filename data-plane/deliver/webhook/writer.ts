import type { WebhookOptions } from "@o2mc/schema/destinations/webhook.ts";
import {
  type Batch,
  type Destination,
  type DestinationContext,
  type Erasure,
  NotConnected,
  Permanent,
  RetryAfter,
  type Row,
} from "../destination.ts";
import { outgoingError } from "../outgoing-error.ts";
import { rowObjects } from "../row-object.ts";
import { type Answer, Poster } from "./post.ts";
import { signedHeaders } from "./sign.ts";

const DEFAULT_RETRY_MS = 5_000;
const MAX_RETRY_MS = 15 * 60_000;

/** POSTs `{"output", "rows": [{id, …}]}`, signed as Standard Webhooks asks. */
export class WebhookWriter implements Destination {
  readonly #options: WebhookOptions;
  readonly #output: string;
  readonly #object: (row: Row) => Record<string, unknown>;

  readonly #poster: Poster;

  constructor(options: WebhookOptions, { output, outgoing }: DestinationContext) {
    this.#options = options;
    this.#poster = new Poster(options.url, outgoing.connector);
    this.#output = output.name;
    this.#object = rowObjects(output);
  }

  /** A receiver of POSTs has nothing that may be asked without effect: the first write shows whether it is there. */
  async connect(): Promise<void> {
    try {
      await this.#poster.check();
    } catch (error) {
      throw unreachable(error);
    }
  }

  async write(batch: Batch): Promise<void> {
    const body = JSON.stringify({ output: this.#output, rows: batch.rows.map(this.#object) });
    judge(await this.#post(batch.id, body));
  }

  /** The receiver's to do: a message tells which rows to forget. */
  async erase({ id, erasureKey }: Erasure): Promise<Readonly<Record<string, unknown>>> {
    const body = JSON.stringify({ type: "erasure", id, output: this.#output, subject_key: erasureKey });
    const answer = await this.#post(`erasure-${id}-${erasureKey}`, body);
    judge(answer);
    return { answered: answer.status };
  }

  close(): Promise<void> {
    this.#poster.close();
    return Promise.resolve();
  }

  async #post(id: string, body: string): Promise<Answer> {
    try {
      return await this.#poster.post(signedHeaders(this.#options.secret, id, body), body);
    } catch (error) {
      throw unreachable(error);
    }
  }
}

const unreachable = (error: unknown): Error =>
  outgoingError(error) ?? new NotConnected("webhook.unreachable", "the webhook can't be reached", error);

const WAIT = new Set([429, 502, 503, 504]);
const TRY_AGAIN = new Set([408, 425]);

function judge({ status, headers }: Answer): void {
  if (status >= 200 && status < 300) return;
  if (WAIT.has(status)) throw new RetryAfter(`webhook.${status}`, retryAfterMs(headers["retry-after"]));
  if (status >= 400 && status < 500 && !TRY_AGAIN.has(status)) {
    throw new Permanent(`webhook.${status}`, `the webhook answered ${status}`);
  }
  // Somebody's mistake that may be put right soon, and where it leads nobody has approved.
  const redirect = status >= 300 && status < 400 ? ": redirects are not followed" : "";
  throw new Error(`the webhook answered ${status}${redirect}`);
}

/** Retry-After as seconds or as an HTTP date (RFC 9110 §10.2.3), bounded. */
function retryAfterMs(value: string | undefined): number {
  if (value === undefined) return DEFAULT_RETRY_MS;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? DEFAULT_RETRY_MS : Math.min(Math.max(ms, 0), MAX_RETRY_MS);
}
