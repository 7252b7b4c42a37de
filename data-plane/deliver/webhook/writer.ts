import type { WebhookOptions } from "@o2mc/schema/destinations/webhook.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { type Batch, type Destination, NotConnected, Permanent, RetryAfter, type Row } from "../destination.ts";
import { rowObjects } from "../row-object.ts";
import { sign } from "./sign.ts";

const TIMEOUT_MS = 10_000;
const DEFAULT_RETRY_MS = 5_000;
const MAX_RETRY_MS = 15 * 60_000;

/** POSTs `{"output", "rows": [{id, …}]}`, signed as Standard Webhooks asks. */
export class WebhookWriter implements Destination {
  readonly #options: WebhookOptions;
  readonly #output: string;
  readonly #object: (row: Row) => Record<string, unknown>;

  constructor(options: WebhookOptions, output: OutputType) {
    this.#options = options;
    this.#output = output.name;
    this.#object = rowObjects(output.columns);
  }

  /** A receiver of POSTs has nothing that may be asked without effect: the first write shows whether it is there. */
  connect(): Promise<void> {
    return Promise.resolve();
  }

  async write(batch: Batch): Promise<void> {
    const body = JSON.stringify({ output: this.#output, rows: batch.rows.map(this.#object) });
    judge(await this.#post(batch.id, body));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #post(id: string, body: string): Promise<Response> {
    const timestamp = Math.floor(Date.now() / 1000);
    try {
      const response = await fetch(this.#options.url, {
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          "content-type": "application/json",
          "user-agent": "o2mc-deliver",
          "webhook-id": id,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": sign(this.#options.secret, id, timestamp, body),
        },
        body,
      });
      await response.body?.cancel();
      return response;
    } catch (error) {
      throw new NotConnected("webhook.unreachable", "the webhook can't be reached", error);
    }
  }
}

const WAIT = new Set([429, 502, 503, 504]);
const TRY_AGAIN = new Set([408, 425]);

function judge({ status, headers }: Response): void {
  if (status >= 200 && status < 300) return;
  if (WAIT.has(status)) throw new RetryAfter(`webhook.${status}`, retryAfterMs(headers.get("retry-after")));
  if (status >= 400 && status < 500 && !TRY_AGAIN.has(status)) {
    throw new Permanent(`webhook.${status}`, `the webhook answered ${status}`);
  }
  throw new Error(`the webhook answered ${status}`);
}

/** Retry-After as seconds or as an HTTP date (RFC 9110 §10.2.3), bounded. */
function retryAfterMs(value: string | null): number {
  if (value === null) return DEFAULT_RETRY_MS;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? DEFAULT_RETRY_MS : Math.min(Math.max(ms, 0), MAX_RETRY_MS);
}
