import { createInbox, nanos, type Msg, type NatsConnection, type Subscription } from "@nats-io/transport-node";
import { apiPrefix } from "@o2mc/runtime/jetstream.ts";
import { PARTITION_GROUP, STREAMS } from "@o2mc/schema/subjects.ts";
import { readLogMessage, type LogMessage } from "./log-message.ts";

const BATCH = 128;
const MAX_QUEUED = 256;
/** The server keeps a pin for two seconds after the owner's last request, however long that request waits: so they are short. */
const EXPIRES_MS = 700;
const SUPERVISE_MS = 500;
const MISSED_MS = 3 * EXPIRES_MS;

interface PullerOptions {
  readonly nats: NatsConnection;
  readonly inboxPrefix: string;
  readonly consumer: string;
  /** messages received and not processed yet */
  readonly queued: () => number;
  readonly onMessage: (message: LogMessage) => void;
  /** the server has given the partition to somebody else */
  readonly onUnpinned: () => void;
}

/**
 * Pulls a partition as a member of its pinned group: the server delivers to one member only and names it by the pin
 * id. Pull requests of our own rather than the library's `consume`, because it does not tell us the pin, and ownership
 * hangs on that; a member that doesn't ask for two seconds loses the pin.
 */
export class Puller {
  readonly #options: PullerOptions;
  readonly #subject: string;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #timer: NodeJS.Timeout;
  #pin = "";
  /** messages that the server may still send for what we asked */
  #asked = 0;
  #heardAt = Date.now();
  #stopped = false;

  constructor(options: PullerOptions) {
    this.#options = options;
    this.#subject = `${apiPrefix(options.nats)}.CONSUMER.MSG.NEXT.${STREAMS.events}.${options.consumer}`;
    this.#inbox = createInbox(options.inboxPrefix);
    this.#subscription = options.nats.subscribe(this.#inbox, { callback: (_, message) => this.#receive(message) });
    this.#timer = setInterval(() => this.#supervise(), SUPERVISE_MS);
    this.ask();
  }

  /** Asks for more when little is under way and the queue has room; call it after each processed message. */
  ask(): void {
    if (this.#stopped || this.#asked > BATCH / 2 || this.#options.queued() >= MAX_QUEUED) return;
    this.#asked += BATCH;
    const request = {
      batch: BATCH,
      expires: nanos(EXPIRES_MS),
      group: PARTITION_GROUP,
      ...(this.#pin === "" ? {} : { id: this.#pin }),
    };
    try {
      this.#options.nats.publish(this.#subject, JSON.stringify(request), { reply: this.#inbox });
    } catch {
      // closed or draining: the owner of the connection stops us
      this.#asked = 0;
    }
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#subscription.unsubscribe();
  }

  #receive(message: Msg): void {
    this.#heardAt = Date.now();
    const code = message.headers?.code ?? 0;
    if (code !== 0) {
      this.#status(code, message);
      return;
    }
    const log = readLogMessage(message);
    if (log === undefined) return;
    this.#asked = Math.max(0, this.#asked - 1);
    this.#pin = log.pin;
    this.#options.onMessage(log);
    this.ask();
  }

  #status(code: number, message: Msg): void {
    const pending = Number(message.headers?.get("Nats-Pending-Messages") || BATCH);
    this.#asked = Math.max(0, this.#asked - pending);
    if (code === 423) {
      this.#pin = "";
      this.#asked = 0;
      this.#options.onUnpinned();
    }
    // no consumer, no leader or no server: the timer asks again, at its pace
    if (code === 404 || code === 408 || code === 423) this.ask();
  }

  #supervise(): void {
    if (Date.now() - this.#heardAt > MISSED_MS) {
      this.#asked = 0;
      this.#heardAt = Date.now();
    }
    this.ask();
  }
}
