import type { NatsConnection } from "@nats-io/transport-node";
import { ResultBuffer, type Gap, type StoredFrame } from "./result-buffer.ts";

/** A live frame, and the sequence of the one before it on its subject (0 = unknown). */
export interface LiveFrame extends StoredFrame {
  readonly before: number;
}

/** What RESULTS republishes of one subject, buffered for one subscriber. */
export class LiveResults {
  readonly #buffer = new ResultBuffer<LiveFrame>();
  readonly #unsubscribe: () => void;
  #end: () => void = () => undefined;
  /** resolves when it is closed */
  readonly ended = new Promise<void>((resolve) => (this.#end = resolve));
  #wake: (() => void) | undefined;
  #resumed = false;
  #closed = false;

  constructor(nc: NatsConnection, subject: string) {
    const subscription = nc.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        const header = (name: string): number => Number(message.headers?.get(name) ?? "0");
        const [seq, before] = [header("Nats-Sequence"), header("Nats-Last-Sequence")];
        this.#buffer.push({ seq, before, data: message.data });
        this.#wake?.();
      },
    });
    this.#unsubscribe = () => subscription.unsubscribe();
    void subscription.closed.then(() => this.close());
    void this.#noticeReconnects(nc);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** True while frames are being left out because the reader is behind. */
  get overflowed(): boolean {
    return this.#buffer.overflowed;
  }

  /** The next thing to handle; "resumed" after a reconnect, when something may have been missed; undefined at the end. */
  async next(): Promise<LiveFrame | Gap | "resumed" | undefined> {
    for (;;) {
      if (this.#closed) return undefined;
      if (this.#resumed) {
        this.#resumed = false;
        return "resumed";
      }
      const item = this.#buffer.take();
      if (item !== undefined) return item;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    this.#wake?.();
    this.#end();
  }

  async #noticeReconnects(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      if (this.#closed) return;
      if (status.type !== "reconnect") continue;
      this.#resumed = true;
      this.#wake?.();
    }
  }
}
