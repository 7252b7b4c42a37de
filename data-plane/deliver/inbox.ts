import type { Consumer, ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import { STREAMS } from "@o2mc/schema/subjects.ts";
import type { Gathering } from "./destination.ts";
import type { Recovered } from "./recover.ts";

const PULL_EXPIRES_MS = 30_000;
// Below the grace of a stopping process.
const ACK_TIMEOUT_MS = 4_000;
const MAX_HELD_MESSAGES = 256;
const MAX_HELD_BYTES = 32 << 20;

/**
 * The results that one delivery holds: pulled, in stream order, not yet acknowledged. It never pulls more than it may hold,
 * and tells the hub about all of them often enough that none is handed out a second time while a destination is down.
 */
export class Inbox {
  readonly #consumer: Consumer;
  readonly #keepAlive: NodeJS.Timeout;
  readonly #held = new Map<number, JsMsg>();
  /** held, not yet taken by `gather` */
  #waiting: number[] = [];
  #heldBytes = 0;
  #delivered: number;
  #settled: number;
  #pull: ConsumerMessages | undefined;
  #failure: unknown;
  #closed = false;
  #changed: () => void = () => undefined;

  /** `settled`: results up to this stream sequence are done with; those that come again are acknowledged unseen. */
  constructor(consumer: Consumer, recovered: Recovered, settled: number) {
    this.#consumer = consumer;
    this.#delivered = recovered.delivered;
    this.#settled = settled;
    this.#keepAlive = setInterval(() => {
      for (const message of this.#held.values()) message.working();
    }, recovered.ackWaitMs / 4);
    this.#read().catch((error: unknown) => {
      this.#failure = error;
      this.#changed();
    });
  }

  /**
   * Waits for the first message, then gathers until a limit of `gathering` is reached; less when `signal` aborts, so that a
   * stopping process writes what it has. Empty only after an abort.
   */
  async gather(gathering: Gathering, signal: AbortSignal): Promise<JsMsg[]> {
    let full: NodeJS.Timeout | undefined;
    let due = gathering.seconds === 0;
    const wake = (): void => this.#changed();
    signal.addEventListener("abort", wake);
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        const size = this.#batchSize(gathering);
        const urgent = this.#waiting.some((seq) => isErasure(this.#held.get(seq)));
        const limited = size < this.#waiting.length || size >= Math.min(gathering.messages, MAX_HELD_MESSAGES);
        if (signal.aborted || (size > 0 && (due || urgent || limited || this.#heldBytes >= MAX_HELD_BYTES)))
          return this.#take(size);
        if (size > 0 && full === undefined) {
          full = setTimeout(() => {
            due = true;
            this.#changed();
          }, gathering.seconds * 1000);
        }
        await new Promise<void>((resolve) => {
          this.#changed = resolve;
          if (signal.aborted) resolve();
        });
      }
    } finally {
      clearTimeout(full);
      signal.removeEventListener("abort", wake);
    }
  }

  /** Acknowledges messages that `gather` gave; resolves when the hub has taken it. */
  async settle(messages: readonly JsMsg[]): Promise<void> {
    const last = messages.at(-1);
    if (last === undefined) return;
    this.#settled = last.seq;
    const current = messages.map((message) => this.#held.get(message.seq) ?? message);
    for (const message of current) {
      if (this.#held.delete(message.seq)) this.#heldBytes -= message.data.length;
      if (message.seq !== last.seq) message.ack();
    }
    this.#changed();
    this.#roomChanged();
    const taken = await (current.at(-1) ?? last).ackAck({ timeout: ACK_TIMEOUT_MS });
    if (!taken) throw new Error("the hub did not take the acknowledgement");
  }

  /** What is still held goes back to the hub when its next reader recovers. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#keepAlive);
    this.#roomChanged();
    // Not its close(): that waits for a reader of the pull, and ours may have left it.
    this.#pull?.stop();
    this.#held.clear();
  }

  #roomChanged: () => void = () => undefined;

  async #read(): Promise<void> {
    while (!this.#closed) {
      const room = MAX_HELD_MESSAGES - this.#held.size;
      if (room <= 0 || this.#heldBytes >= MAX_HELD_BYTES) {
        await new Promise<void>((resolve) => {
          this.#roomChanged = resolve;
        });
        continue;
      }
      this.#pull = await this.#consumer.fetch({ max_messages: room, expires: PULL_EXPIRES_MS });
      for await (const message of this.#pull) {
        if (this.#closed) return;
        this.#accept(message);
      }
    }
  }

  #accept(message: JsMsg): void {
    // A jump means that a message was handed out and never came here; what follows would overtake it.
    if (message.info.deliverySequence !== this.#delivered + 1) throw new DeliveryGap();
    this.#delivered = message.info.deliverySequence;
    if (message.seq <= this.#settled) {
      message.ack();
      return;
    }
    if (!this.#held.has(message.seq)) {
      this.#waiting.push(message.seq);
      this.#heldBytes += message.data.length;
    }
    this.#held.set(message.seq, message);
    this.#changed();
  }

  #batchSize(gathering: Gathering): number {
    let bytes = 0;
    for (const [i, seq] of this.#waiting.entries()) {
      bytes += this.#held.get(seq)?.data.length ?? 0;
      if (i === gathering.messages || (i > 0 && bytes > gathering.bytes)) return i;
    }
    return this.#waiting.length;
  }

  #take(size: number): JsMsg[] {
    const taken = this.#waiting.splice(0, size);
    return taken.map((seq) => this.#held.get(seq)).filter((message) => message !== undefined);
  }
}

/** Somebody waits to be forgotten: it ends what is being gathered. */
export const isErasure = (message: Pick<JsMsg, "subject"> | undefined): boolean =>
  message?.subject.startsWith("forget.") === true;

/** A delivery from the hub was lost on the way; the reader must recover before it goes on. */
class DeliveryGap extends Error {
  override readonly name = "DeliveryGap";
  constructor() {
    super(`a message of ${STREAMS.results} was lost on the way`);
  }
}
