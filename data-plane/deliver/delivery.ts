import type { JetStreamClient, JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { writeKey } from "@o2mc/runtime/bucket.ts";
import { jetStreamManagerOf, jetStreamOf } from "@o2mc/runtime/jetstream.ts";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { DeliveryErased, DeliveryErasure } from "@o2mc/schema/events/delivery-erasure.ts";
import type { ResultFrame } from "@o2mc/schema/events/result-frame.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { BUCKETS, deliveryConsumer, erasedKey, STREAMS } from "@o2mc/schema/subjects.ts";
import { type BackOff, backOffMs, pause } from "./back-off.ts";
import type { Consent } from "./consent.ts";
import type { DeliveryCounters } from "./counters.ts";
import { DeadLetters } from "./dead-letters.ts";
import { type OpenedDestination, Permanent } from "./destination.ts";
import { type ConsentRow, frameRows, parseFrame } from "./frame-rows.ts";
import { eraseAtDestination } from "./erase-at-destination.ts";
import { erasureKey } from "./erasure-key.ts";
import { Inbox, isErasure } from "./inbox.ts";
import { recover } from "./recover.ts";
import { retrying, up, writeBatch } from "./write-batch.ts";

export interface DeliveryParts {
  readonly id: string;
  readonly application: string;
  readonly output: OutputType;
  readonly opened: OpenedDestination;
  readonly connection: NatsConnection;
  readonly consent: Consent;
  /** revision of the deployment that `output` was read from, as of now */
  readonly revision: () => number;
  readonly messageKey: () => string;
  readonly counters: DeliveryCounters;
  /** told when the destination took a connection, and at the 1st, 2nd, 4th, 8th … failure in a row */
  readonly onConnected: () => void;
  readonly onRefused: (error: unknown) => void;
  readonly backOff: BackOff;
  readonly log: Logger;
}

const REVISION_WAIT_MS = 10_000;
const REVISION_POLL_MS = 50;

/** Moves the results of one output to one destination until `signal` aborts; an error costs this delivery a pause, nobody else. */
export async function runDelivery(parts: DeliveryParts, signal: AbortSignal): Promise<void> {
  const delivery = new Delivery(parts, signal);
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      await delivery.session(() => (failures = 0));
    } catch (error) {
      if (signal.aborted) break;
      retrying(parts.counters, error);
      parts.log.warn({ delivery: parts.id, err: error }, "delivery interrupted");
      await pause(backOffMs(parts.backOff, failures), signal);
    }
  }
  await parts.opened.destination.close();
  parts.counters.state = "stopped";
}

class Delivery {
  readonly #parts: DeliveryParts;
  readonly #signal: AbortSignal;
  readonly #js: JetStreamClient;
  readonly #deadLetters: DeadLetters;
  #settled = 0;

  constructor(parts: DeliveryParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#js = jetStreamOf(parts.connection);
    const { columns } = parts.output;
    const { messageKey } = parts;
    this.#deadLetters = new DeadLetters(this.#js, parts.application, parts.id, { columns, messageKey });
  }

  /** One life of the consumer: from its oldest unacknowledged result on, until something breaks. */
  async session(onProgress: () => void): Promise<void> {
    const { opened, id, counters } = this.#parts;
    // Before anything is pulled: what a dead destination can't take stays in the hub.
    await this.#connect();
    const jsm = await jetStreamManagerOf(this.#parts.connection);
    const recovered = await recover(jsm, deliveryConsumer(id), this.#signal);
    if (this.#signal.aborted) return;
    const consumer = await this.#js.consumers.get(STREAMS.results, deliveryConsumer(id));
    const inbox = new Inbox(consumer, recovered, this.#settled);
    up(counters);
    try {
      while (!this.#signal.aborted) {
        const messages = await inbox.gather(opened.gathering, this.#signal);
        const last = messages.at(-1);
        if (last === undefined) continue;
        for (const part of parted(messages)) {
          await (isErasure(part[0]) ? this.#erase(part) : this.#deliver(part));
          this.#settled = part.at(-1)?.seq ?? this.#settled;
        }
        await inbox.settle(messages);
        onProgress();
      }
    } finally {
      inbox.close();
    }
  }

  async #deliver(messages: readonly JsMsg[]): Promise<void> {
    const { opened, output, counters, consent, backOff } = this.#parts;
    const written = Math.max(this.#settled, opened.destination.resumeAfter?.() ?? 0);
    const fresh = messages.filter((message) => message.seq > written);
    counters.messagesSkipped += messages.length - fresh.length;
    const rows: ConsentRow[] = [];
    for (const message of fresh) {
      const frame = parseFrame(message.data);
      if (frame === undefined) await this.#deadLetters.message(message.seq);
      else rows.push(...(await this.#rows(frame, output)));
    }
    const [first] = fresh;
    const last = fresh.at(-1);
    if (first === undefined || last === undefined || rows.length === 0) return;
    await writeBatch({ id: batchId(first), first: first.seq, last: last.seq }, rows, {
      destination: opened.destination,
      consent,
      deadLetters: this.#deadLetters,
      counters,
      backOff,
      reconnect: () => this.#connect(),
      signal: this.#signal,
    });
  }

  /** Behind all rows before it. Those of the subject that come after it are withheld: its consent is withdrawn. */
  async #erase(messages: readonly JsMsg[]): Promise<void> {
    const { id, application, output, opened, counters, backOff, connection } = this.#parts;
    const written = Math.max(this.#settled, opened.destination.resumeAfter?.() ?? 0);
    for (const message of messages) {
      // what was written behind it shows that it was done
      if (message.seq <= written) continue;
      const { erasure, subjectKey } = message.json<DeliveryErasure>();
      const reconnect = () => this.#connect();
      const work = { destination: opened.destination, counters, backOff, reconnect, signal: this.#signal };
      const erased = output.perSubject
        ? await eraseAtDestination({ id: erasure, erasureKey: erasureKey(id, subjectKey) }, work)
        : { receipt: { personal: false } };
      const answer: DeliveryErased = { v: 1, at: Date.now(), receipt: {}, ...erased };
      await writeKey(connection, BUCKETS.erasures, erasedKey(application, erasure, id), JSON.stringify(answer));
    }
  }

  /**
   * A frame made under a later revision may have columns that this view of the output lacks. The deployment is on its way;
   * if it changes the output, this delivery is stopped and a new one takes the frame.
   */
  async #rows(frame: ResultFrame, output: OutputType): Promise<ConsentRow[]> {
    const patience = Date.now() + REVISION_WAIT_MS;
    while (frame.revision > this.#parts.revision() && Date.now() < patience) {
      await pause(REVISION_POLL_MS, this.#signal);
      this.#signal.throwIfAborted();
    }
    return frameRows(frame, output.columns, this.#parts.id);
  }

  async #connect(): Promise<void> {
    const { opened, counters, backOff, log, id, onConnected, onRefused } = this.#parts;
    for (let failures = 1; ; failures++) {
      this.#signal.throwIfAborted();
      try {
        await opened.destination.close();
        await opened.destination.connect();
        onConnected();
        return;
      } catch (error) {
        retrying(counters, error);
        // somebody has to change it; asked again all the same, since that may be in a resolver or on a disk
        if (error instanceof Permanent) counters.state = "misconfigured";
        counters.retries++;
        if (Number.isInteger(Math.log2(failures))) onRefused(error);
        if (failures === 1) log.warn({ delivery: id, err: error }, "destination not reachable, trying until it is");
        await pause(backOffMs(backOff, failures), this.#signal);
      }
    }
  }
}

/** In their order: results that lie together, erasures that do. */
function parted(messages: readonly JsMsg[]): JsMsg[][] {
  const parts: JsMsg[][] = [];
  for (const message of messages) {
    const last = parts.at(-1);
    if (last !== undefined && isErasure(last[0]) === isErasure(message)) last.push(message);
    else parts.push([message]);
  }
  return parts;
}

/** The message's id in the hub, made by process from pipeline, output, partition and sequence: one for ever. */
function batchId(message: JsMsg): string {
  const id = message.headers?.get("Nats-Msg-Id") ?? "";
  return id === "" ? `${STREAMS.results}-${message.seq}` : id;
}
