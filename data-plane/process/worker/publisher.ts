import { createHmac } from "node:crypto";
import { createInbox, headers, type Msg, type NatsConnection, type Subscription } from "@nats-io/transport-node";
import type { Logger } from "@o2mc/runtime/log.ts";

const WINDOW = 256;
const ACK_TIMEOUT_MS = 5000;
const RETRY_MS = 1000;

interface Waiting {
  readonly message: Outgoing;
  readonly done: () => void;
  sentAt: number;
}

interface Outgoing {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly messageId: string;
}

/**
 * Publishes into streams with up to 256 messages under way, replies on one inbox. A message is done with its PubAck;
 * what is refused or not answered is sent again under the same message id until it is stored or the publisher stops, so
 * that a full or absent stream stops the line and loses nothing.
 */
export class Publisher {
  readonly #nats: NatsConnection;
  readonly #log: Logger;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #waiting = new Map<number, Waiting>();
  readonly #roomFor: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #key: string | undefined;
  #next = 0;

  /** Without the key of a lane the message ids go as they are. */
  constructor(nats: NatsConnection, log: Logger, inboxPrefix: string, messageKey?: string) {
    this.#key = messageKey;
    this.#nats = nats;
    this.#log = log;
    this.#inbox = createInbox(inboxPrefix);
    this.#subscription = nats.subscribe(`${this.#inbox}.*`, { callback: (_, message) => this.#reply(message) });
    this.#timer = setInterval(() => this.#resend(), RETRY_MS);
  }

  /** Sends, and resolves when the stream has it (a duplicate counts). Wait for `room` before. */
  publish(message: Outgoing): Promise<void> {
    return new Promise((done) => {
      const number = this.#next++;
      const waiting: Waiting = { message, done, sentAt: 0 };
      this.#waiting.set(number, waiting);
      this.#send(number, waiting);
    });
  }

  /** Resolves when another message may be sent. */
  async room(): Promise<void> {
    while (this.#waiting.size >= WINDOW) await new Promise<void>((resolve) => this.#roomFor.push(resolve));
  }

  /** What is not acknowledged by now stays unresolved: its checkpoint must not happen. */
  stop(): void {
    clearInterval(this.#timer);
    this.#subscription.unsubscribe();
    this.#waiting.clear();
  }

  #send(number: number, waiting: Waiting): void {
    waiting.sentAt = Date.now();
    const { subject, data, messageId } = waiting.message;
    const h = headers();
    h.set("Nats-Msg-Id", this.#key === undefined ? messageId : keyed(this.#key, messageId));
    try {
      this.#nats.publish(subject, data, { headers: h, reply: `${this.#inbox}.${number}` });
    } catch (error) {
      this.#log.warn({ err: error, subject }, "a result cannot be sent yet");
    }
  }

  #reply(message: Msg): void {
    const number = Number(message.subject.slice(this.#inbox.length + 1));
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    const problem = refusal(message);
    if (problem !== undefined) {
      // the timer sends it again
      this.#log.warn({ subject: waiting.message.subject, problem }, "a stream refuses a result");
      waiting.sentAt = Date.now() - ACK_TIMEOUT_MS + RETRY_MS;
      return;
    }
    this.#waiting.delete(number);
    waiting.done();
    this.#roomFor.shift()?.();
  }

  #resend(): void {
    const limit = Date.now() - ACK_TIMEOUT_MS;
    for (const [number, waiting] of this.#waiting) if (waiting.sentAt <= limit) this.#send(number, waiting);
  }
}

/** A stream drops what has a known id: so nobody outside the lane may be able to tell the next one. */
const keyed = (key: string, id: string): string => createHmac("sha256", key).update(id).digest("base64url");

/** Why a reply is no PubAck; undefined when it is one. */
function refusal(message: Msg): string | undefined {
  if (message.headers?.code === 503) return "no stream";
  try {
    const ack = message.json<{ stream?: string; error?: { description?: string } }>();
    if (ack.error !== undefined) return ack.error.description ?? "refused";
    return ack.stream === undefined ? "not a PubAck" : undefined;
  } catch {
    return "not a PubAck";
  }
}
