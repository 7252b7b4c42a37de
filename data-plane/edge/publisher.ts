import { randomUUID } from "node:crypto";
import { jetstream, JetStreamApiError, type JetStreamClient } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { Counters } from "./counters.ts";
import type { OpenFrame, PublishFailure } from "./open-frame.ts";

const ATTEMPTS = 3;
const ACK_TIMEOUT_MS = 2_500;
const PAUSE_MS = 250;
/** more than that unacknowledged means that the hub does not keep up */
const MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024;
/** JetStream's codes for "no room": maximum bytes, messages, resources of stream, account and server */
const FULL = new Set([10023, 10028, 10047, 10077, 10122, 10167]);

/** Publishes the frames of one tenant, many in flight, and checks every PubAck. */
export class Publisher {
  readonly #js: JetStreamClient;
  readonly #counters: Counters;
  readonly #log: Logger;
  readonly #run = randomUUID();
  readonly #flying = new Set<Promise<void>>();
  #next = 0;
  #bytes = 0;

  constructor(nats: NatsConnection, counters: Counters, log: Logger) {
    this.#js = jetstream(nats, { timeout: ACK_TIMEOUT_MS });
    this.#counters = counters;
    this.#log = log;
  }

  get overloaded(): boolean {
    return this.#bytes > MAX_BYTES_IN_FLIGHT;
  }

  get idle(): boolean {
    return this.#flying.size === 0;
  }

  /** Settles the frame when it is in the hub or could not be brought there. */
  publish(frame: OpenFrame): void {
    const message = frame.encode(Date.now());
    this.#bytes += message.length;
    const flight = this.#publish(frame.subject, message, `${this.#run}-${this.#next++}`).then((failure) => {
      this.#bytes -= message.length;
      this.#flying.delete(flight);
      if (failure === undefined) this.#counters.published(frame.events, message.length);
      else this.#counters.failed(failure);
      frame.settle(failure);
    });
    this.#flying.add(flight);
  }

  async drained(): Promise<void> {
    await Promise.all(this.#flying);
  }

  /** The same message id on each attempt: the hub drops what it has already. */
  async #publish(subject: string, message: Uint8Array, msgID: string): Promise<PublishFailure | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#js.publish(subject, message, { msgID });
        return undefined;
      } catch (error) {
        if (error instanceof JetStreamApiError && FULL.has(error.code)) return "hub-full";
        this.#log.warn({ err: error, subject, attempt }, "a frame was not acknowledged");
        if (attempt === ATTEMPTS) return "hub-unavailable";
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }
}
