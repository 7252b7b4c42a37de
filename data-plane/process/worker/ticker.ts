import type { NatsConnection } from "@nats-io/transport-node";
import type { TickFrame } from "@o2mc/schema/events/frame.ts";
import { tickSubject } from "@o2mc/schema/subjects.ts";

const TICK_MS = 1000;
const TIMEOUT_MS = 2000;

/**
 * Puts the wall clock into the log while a partition holds rows and no frames flow. One tick at a time and none without
 * a connection: ticks that pile up over an outage would look like idleness.
 */
export class Ticker {
  readonly #nats: NatsConnection;
  readonly #connected: () => boolean;
  readonly #subject: string;
  #last = Date.now();
  #busy = false;

  constructor(nats: NatsConnection, connected: () => boolean, app: string, lane: string, partition: number) {
    this.#nats = nats;
    this.#connected = connected;
    this.#subject = tickSubject(app, lane, partition);
  }

  /** A frame is here: the next tick is a second away. */
  frame(): void {
    this.#last = Date.now();
  }

  /** Nothing is queued. */
  idle(holdsRows: boolean): void {
    const now = Date.now();
    if (!holdsRows || this.#busy || now - this.#last < TICK_MS || !this.#connected()) return;
    this.#last = now;
    this.#busy = true;
    const tick: TickFrame = { v: 1, tick: now };
    this.#nats
      .request(this.#subject, JSON.stringify(tick), { timeout: TIMEOUT_MS })
      // a tick that gets lost is followed by the next
      .catch(() => undefined)
      .finally(() => (this.#busy = false));
  }
}
