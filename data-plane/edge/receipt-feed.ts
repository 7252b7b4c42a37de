import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { jetStreamOf } from "@o2mc/runtime/jetstream.ts";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import { receiptsConsumer, STREAMS } from "@o2mc/schema/subjects.ts";
import type { OpenFrame } from "./open-frame.ts";
import type { OpenFrames } from "./open-frames.ts";
import type { ApplicationPlan } from "./plan.ts";
import { receiptRow } from "./receipt-row.ts";

const AT_ONCE = 256;
const EXPIRES_MS = 5_000;
const PAUSE_MS = 1_000;

interface FeedOptions {
  readonly nats: NatsConnection;
  readonly application: string;
  /** as it is deployed now */
  readonly deployed: () => { readonly plan: ApplicationPlan; readonly frames: OpenFrames } | undefined;
  readonly log: Logger;
}

/**
 * Takes the receipts of an application, whoever wrote them, into the lane that its policy has for them. Each is an event
 * with the receipt's id, acknowledged once its frame is in the hub: what is handed out again, after this edge was killed
 * say, has the same id and is dropped behind the gate as any event that comes twice. Of several edges each takes some.
 */
export class ReceiptFeed {
  readonly #options: FeedOptions;
  readonly #ended: Promise<void>;
  readonly #waiting: JsMsg[] = [];
  #working: Promise<void> | undefined;
  #fetching: ConsumerMessages | undefined;
  #stopped = false;
  #wake: () => void = () => undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** What is being taken is taken; the rest is for another edge, or for later. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#fetching?.stop();
    this.#wake();
    await this.#ended;
    await this.#working;
  }

  async #run(): Promise<void> {
    const { nats, application, log } = this.#options;
    const js = jetStreamOf(nats);
    let complained = false;
    while (!this.#stopped) {
      try {
        const consumer = await js.consumers.get(STREAMS.receipts, receiptsConsumer(application));
        while (!this.#stopped) {
          this.#fetching = await consumer.fetch({ max_messages: AT_ONCE, expires: EXPIRES_MS });
          for await (const message of this.#fetching) {
            if (this.#stopped) break;
            this.#waiting.push(message);
            this.#working ??= this.#work();
          }
          await this.#working;
          complained = false;
        }
      } catch (error) {
        if (!complained && !this.#stopped) log.warn({ err: error, application }, "receipts cannot be read yet");
        complained = true;
        await this.#pause();
      }
    }
  }

  async #work(): Promise<void> {
    // what has come in the same read belongs together
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#take(this.#waiting.splice(0));
    this.#working = undefined;
  }

  async #take(messages: readonly JsMsg[]): Promise<void> {
    const { application, deployed, log } = this.#options;
    const current = deployed();
    const lanes = current?.plan.gate.ofReceipts() ?? [];
    if (current === undefined || lanes.length === 0) {
      for (const message of messages) message.nak(PAUSE_MS);
      return;
    }
    const frames = new Map<JsMsg, readonly OpenFrame[]>();
    for (const message of messages) {
      const stored = readReceipt(message);
      if (stored === undefined) {
        log.error({ application, seq: message.seq }, "a receipt cannot be read");
        message.term();
        continue;
      }
      const row = receiptRow(current.plan, stored);
      const entered = lanes.flatMap((index) => current.plan.lanes[index] ?? []);
      frames.set(
        message,
        entered.map((lane) => current.frames.add(lane, row)),
      );
    }
    for (const [message, entered] of frames) {
      const failures = await Promise.all(entered.map(({ settled }) => settled));
      if (failures.every((failure) => failure === undefined)) message.ack();
      else message.nak(PAUSE_MS);
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PAUSE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#stopped) this.#wake();
    });
  }
}

function readReceipt(message: JsMsg): StoredReceipt | undefined {
  try {
    const stored = message.json<StoredReceipt>();
    return Number.isNaN(Date.parse(stored.receipt.event.at)) ? undefined : stored;
  } catch {
    return undefined;
  }
}
