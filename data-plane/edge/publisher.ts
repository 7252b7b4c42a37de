import { randomUUID } from "node:crypto";
import { jetstream, JetStreamApiError, type JetStreamClient } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "@o2mc/runtime/log.ts";
import { FEW_MESSAGES, publishBatch } from "@o2mc/runtime/publish-batch.ts";
import type { Counters } from "./counters.ts";
import type { OpenFrame, PublishFailure } from "./open-frame.ts";

/** more would only make smaller batches: while one is written, the next gathers */
const BATCHES_IN_FLIGHT = 2;
const BATCH_FRAMES = 250;
const BATCH_BYTES = 4 * 1024 * 1024;
const GATHER_MS = 4;
const ATTEMPTS = 3;
const ACK_TIMEOUT_MS = 2_500;
const PAUSE_MS = 250;
/** more than that unacknowledged means that the hub does not keep up */
const MAX_BYTES_WAITING = 64 * 1024 * 1024;
/** JetStream's codes for "no room": maximum bytes, messages, resources of stream, account and server */
const FULL = new Set([10023, 10028, 10047, 10077, 10122, 10167]);

/** A frame cut and encoded. Its id is the same on each attempt: the hub drops what it has already. */
interface CutFrame {
  readonly frame: OpenFrame;
  readonly message: Uint8Array;
  readonly msgID: string;
}

/**
 * Publishes the frames of one tenant with group commit: the hub's fsync costs per batch, so what is gathered while
 * batches are on their way leaves together as the next one. Under little load a frame leaves at once and alone.
 */
export class Publisher {
  readonly #nats: NatsConnection;
  readonly #js: JetStreamClient;
  readonly #cutOpen: () => void;
  readonly #counters: Counters;
  readonly #log: Logger;
  readonly #run = randomUUID();
  readonly #flying = new Set<Promise<void>>();
  readonly #waiting: CutFrame[] = [];
  #next = 0;
  #bytes = 0;
  #departing = false;

  /** `cutOpen` is called when a batch is about to leave, and takes the frames that are open then here. */
  constructor(nats: NatsConnection, cutOpen: () => void, counters: Counters, log: Logger) {
    this.#nats = nats;
    this.#js = jetstream(nats, { timeout: ACK_TIMEOUT_MS });
    this.#cutOpen = cutOpen;
    this.#counters = counters;
    this.#log = log;
  }

  get overloaded(): boolean {
    return this.#bytes > MAX_BYTES_WAITING;
  }

  /**
   * There is an open frame now. With nothing on its way, waiting for company would only cost time; else a few
   * milliseconds make fuller frames, and fewer of them to write.
   */
  opened(): void {
    if (this.#departing || this.#flying.size >= BATCHES_IN_FLIGHT) return;
    this.#departing = true;
    if (this.#flying.size === 0) setImmediate(() => this.#depart());
    else setTimeout(() => this.#depart(), GATHER_MS);
  }

  /** Takes a frame that is cut now; settles it when it is in the hub or could not be brought there. */
  publish(frame: OpenFrame): void {
    const message = frame.encode(Date.now());
    this.#bytes += message.length;
    this.#waiting.push({ frame, message, msgID: `${this.#run}-${this.#next++}` });
    this.opened();
  }

  /** Sends what is open and waits until nothing is on its way. */
  async drained(): Promise<void> {
    for (;;) {
      this.#depart();
      if (this.#flying.size === 0) return;
      await Promise.race(this.#flying);
    }
  }

  #depart(): void {
    this.#departing = false;
    this.#cutOpen();
    while (this.#waiting.length > 0 && this.#flying.size < BATCHES_IN_FLIGHT) {
      const flight = this.#send(this.#nextBatch()).then(() => {
        this.#flying.delete(flight);
        this.opened();
      });
      this.#flying.add(flight);
    }
  }

  #nextBatch(): CutFrame[] {
    let bytes = 0;
    let count = 0;
    for (const { message } of this.#waiting) {
      bytes += message.length;
      if (count === BATCH_FRAMES || (count > 0 && bytes > BATCH_BYTES)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** Never rejects. A batch is taken as a whole or not at all; what was not is tried frame by frame. */
  async #send(batch: readonly CutFrame[]): Promise<void> {
    let attempt = 1;
    if (batch.length > FEW_MESSAGES) {
      try {
        await publishBatch(
          this.#nats,
          this.#js,
          batch.map(({ frame: { subject }, message: data, msgID }) => ({ subject, data, msgID })),
        );
        for (const cut of batch) this.#settle(cut, undefined);
        return;
      } catch (error) {
        this.#log.warn({ err: error, frames: batch.length }, "a batch of frames was not acknowledged");
        attempt += 1;
      }
    }
    await Promise.all(batch.map(async (cut) => this.#settle(cut, await this.#sendAlone(cut, attempt))));
  }

  async #sendAlone({ frame, message, msgID }: CutFrame, firstAttempt: number): Promise<PublishFailure | undefined> {
    for (let attempt = firstAttempt; ; attempt++) {
      try {
        await this.#js.publish(frame.subject, message, { msgID });
        return undefined;
      } catch (error) {
        if (error instanceof JetStreamApiError && FULL.has(error.code)) return "hub-full";
        this.#log.warn({ err: error, subject: frame.subject, attempt }, "a frame was not acknowledged");
        if (attempt === ATTEMPTS) return "hub-unavailable";
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  #settle({ frame, message }: CutFrame, failure: PublishFailure | undefined): void {
    this.#bytes -= message.length;
    if (failure === undefined) this.#counters.published(frame.events, message.length);
    else this.#counters.failed(failure);
    frame.settle(failure);
  }
}
