import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { jetStreamManagerOf } from "@o2mc/runtime/jetstream.ts";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { readEventFrame } from "@o2mc/schema/events/event-frame.ts";
import type { ErasureFrame, TickFrame } from "@o2mc/schema/events/frame.ts";
import type { PartitionHealth } from "@o2mc/schema/health/lane-health.ts";
import { checkpointKey, PARTITION_GROUP, partitionConsumer, STREAMS } from "@o2mc/schema/subjects.ts";
import type { ConsentStates } from "../../config/consent-states.ts";
import type { Effects } from "../partition/effects.ts";
import { PartitionEngine } from "../partition/engine.ts";
import { encodeSnapshot } from "../partition/snapshot.ts";
import type { GeoLookup } from "../steps/step.ts";
import { NotOwner, type Checkpoints, type Claim } from "./checkpoints.ts";
import { effectMessages } from "./effect-messages.ts";
import { frameFailed } from "./frame-failed.ts";
import type { LogMessage } from "./log-message.ts";
import type { Publisher } from "./publisher.ts";
import { Puller } from "./puller.ts";
import { createRecheck } from "./recheck.ts";
import { Ticker } from "./ticker.ts";
import { Unacknowledged } from "./unacknowledged.ts";

const CHECKPOINT_MS = 2000;
/** a checkpoint may take at most this share of the time */
const CHECKPOINT_SHARE = 5;
/** with an erasure to finish */
const ERASING_MS = 100;
const IDLE_MS = 100;
const RETRY_MS = 1000;
const STOP_MS = 3000;
const WARN_MS = 60_000;
/** more than two pull requests apart */
const PIN_ANSWER_MS = 2000;

export interface PartitionOptions {
  readonly nats: NatsConnection;
  readonly connected: () => boolean;
  readonly inboxPrefix: string;
  readonly publisher: Publisher;
  readonly checkpoints: Checkpoints;
  readonly consent: ConsentStates;
  readonly geoip: GeoLookup;
  readonly lane: string;
  readonly partition: number;
  readonly log: Logger;
}

/**
 * One partition: waits until the hub pins it to us, takes the last checkpoint, has the hub send everything after it
 * again, and then processes message by message. It owns what it knows only as long as deliveries come without a hole
 * under one pin; on any doubt it starts over from the checkpoint, which is always right because a replay is.
 */
export class PartitionWorker {
  readonly counts = new Map<string, number>();
  readonly #options: PartitionOptions;
  readonly key: string;
  readonly #consumer: string;
  readonly #puller: Puller;
  readonly #ticker: Ticker;
  #deployment: Deployment;
  #deployed: Deployment | undefined;
  /** rises with each take-over and each loss; what was begun under an older one ends quietly */
  #epoch = 0;
  #engine: PartitionEngine | undefined;
  #pin = "";
  /** next delivery number; undefined = nothing is accepted */
  #expected: number | undefined;
  #queue: LogMessage[] = [];
  #wake: () => void = () => undefined;
  /** last message that the engine has processed */
  #sequence = 0;
  /** frames since the take-over, and how old the last one was when it came to its turn (ms) */
  #frames = 0;
  #lagMs = 0;
  /** last erasure that it has processed: it is done once no snapshot from before is stored */
  #erased = 0;
  /** the last checkpoint, and the right to write the next */
  #claim: Claim | undefined;
  #savedAt = 0;
  #interval = CHECKPOINT_MS;
  /** of a state at its quota */
  #warnedAt = 0;
  #saving: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  readonly #unacknowledged = new Unacknowledged();
  readonly #results = new Set<Promise<void>>();
  /** messages on which the engine threw: a defect of ours, which must not stop the partition for ever */
  readonly #poison = new Set<number>();

  constructor(deployment: Deployment, options: PartitionOptions) {
    const { lane, partition, nats, inboxPrefix } = options;
    this.#options = options;
    this.#deployment = deployment;
    this.key = checkpointKey(deployment.application, lane, partition);
    this.#consumer = partitionConsumer(deployment.application, lane, partition);
    this.#ticker = new Ticker(nats, options.connected, deployment.application, lane, partition);
    this.#puller = new Puller({
      nats,
      inboxPrefix,
      consumer: this.#consumer,
      queued: () => this.#queue.length,
      onMessage: (message) => this.#receive(message),
      onUnpinned: () => this.#lose("unpinned"),
    });
  }

  /** Takes effect at the next message. */
  deploy(deployment: Deployment): void {
    this.#deployment = deployment;
    this.#wake();
  }

  /** The connection is back: a message that was under way when it broke shows as a hole only when another follows. */
  reconnected(): void {
    if (this.#engine !== undefined && !this.#stopped) this.#takeOver("reconnected");
  }

  status() {
    return {
      owner: this.#engine !== undefined,
      revision: this.#deployed?.revision ?? null,
      sequence: this.#sequence,
      checkpoint: this.#claim?.head.sequence ?? 0,
      unacknowledged: this.#unacknowledged.size,
      open: this.#engine?.open ?? 0,
      state: this.#state(),
      pipelines: this.#engine?.health() ?? [],
      counts: Object.fromEntries(this.counts),
    };
  }

  /** Undefined while the partition is not ours. */
  health(): Omit<PartitionHealth, "v" | "at"> | undefined {
    const engine = this.#engine;
    if (engine === undefined || engine.revision < 0) return undefined;
    return {
      revision: engine.revision,
      frames: this.#frames,
      events: this.counts.get("events") ?? 0,
      lagMs: this.#lagMs,
      state: this.#state(),
      pipelines: engine.health(),
    };
  }

  /** Bytes of memory; `refused`: rows that found no room. */
  #state() {
    const refused = this.counts.get("refused.state-quota") ?? 0;
    return { bytes: this.#engine?.bytes ?? 0, limit: this.#engine?.bytesLimit ?? null, refused };
  }

  /** Finishes the current message, saves, and lets another worker have the partition at once. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#puller.stop();
    this.#wake();
    await this.#running;
    const owner = this.#engine !== undefined;
    // `save` waits for results that the hub may not take just now
    await Promise.race([this.#finish(), sleep(STOP_MS, undefined, { ref: false })]);
    this.#epoch++;
    this.#engine = undefined;
    if (!owner || !this.#options.connected()) return;
    const jsm = await jetStreamManagerOf(this.#options.nats);
    await jsm.consumers.unpin(STREAMS.events, this.#consumer, PARTITION_GROUP).catch(() => undefined);
  }

  async #finish(): Promise<void> {
    await this.#saving;
    if (this.#unacknowledged.size > 0) await this.#save(this.#epoch);
  }

  #receive(message: LogMessage): void {
    if (this.#stopped) return;
    if (message.pin !== this.#pin) {
      this.#pin = message.pin;
      this.#takeOver("pinned");
      return;
    }
    if (this.#expected === undefined) return;
    if (message.delivery !== this.#expected) {
      // what was under way when the consumer was reset still comes; it will come again
      if (this.#expected > 1) this.#takeOver("a delivery is missing");
      return;
    }
    this.#expected++;
    this.#queue.push(message);
    this.#wake();
  }

  #lose(reason: string): void {
    if (this.#pin !== "") this.#options.log.info({ reason }, "partition is given up");
    this.#epoch++;
    this.#pin = "";
    this.#forget();
  }

  /**
   * The head is not where we left it: most likely we have lost the pin without knowing, else an answer to our own write
   * got lost. The next pull tells which: a lost pin is refused, and then it is not ours to take over.
   */
  async #doubt(): Promise<void> {
    const epoch = ++this.#epoch;
    this.#forget();
    await sleep(PIN_ANSWER_MS);
    if (epoch === this.#epoch && !this.#stopped) this.#takeOver("the checkpoint head has moved");
  }

  #forget(): void {
    this.#engine = undefined;
    this.#expected = undefined;
    this.#queue = [];
    this.#unacknowledged.clear();
    this.#wake();
  }

  #takeOver(reason: string): void {
    const epoch = ++this.#epoch;
    const before = this.#running;
    this.#forget();
    this.#running = this.#own(epoch, reason, before);
  }

  async #own(epoch: number, reason: string, before: Promise<void> | undefined): Promise<void> {
    await before;
    await this.#saving;
    const current = (): boolean => epoch === this.#epoch && !this.#stopped;
    while (current()) {
      try {
        await this.#restore(current);
        break;
      } catch (error) {
        this.#options.log.error({ err: error }, "partition cannot be taken over yet");
        this.#forget();
        await sleep(RETRY_MS);
      }
    }
    if (!current()) return;
    const { log } = this.#options;
    log.info({ reason, checkpoint: this.#claim?.head.sequence ?? 0 }, "partition is taken over");
    await this.#run(epoch);
  }

  async #restore(current: () => boolean): Promise<void> {
    const { checkpoints, nats, partition, geoip, consent, lane } = this.#options;
    await consent.ready;
    const { claim, state } = await checkpoints.claim(this.key);
    const jsm = await jetStreamManagerOf(nats);
    if (!current()) return;
    const engine = new PartitionEngine({
      partition,
      geoip,
      recheck: createRecheck({ states: consent, deployment: () => this.#deployment, lane, now: Date.now }),
      count: (name, n) => this.#count(name, n),
      clock: () => performance.now(),
    });
    this.#engine = engine;
    this.#deploy(engine);
    if (state !== undefined) engine.restore(state);
    this.#claim = claim;
    this.#sequence = claim.head.sequence;
    this.#erased = 0;
    this.#savedAt = Date.now();
    // deliveries after the reset count from one, and may be here before its answer is
    this.#expected = 1;
    await jsm.consumers.reset(STREAMS.events, this.#consumer);
  }

  #count(name: string, n: number): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + n);
    if (name !== "refused.state-quota" || Date.now() - this.#warnedAt < WARN_MS) return;
    this.#warnedAt = Date.now();
    this.#options.log.warn({ state: this.#state() }, "the state is at the tenant's quota: nothing new is begun");
  }

  async #run(epoch: number): Promise<void> {
    while (epoch === this.#epoch && !this.#stopped) {
      const message = this.#queue.shift();
      if (message === undefined) {
        this.#ticker.idle(this.#engine?.holdsRows === true);
        await this.#woken();
      } else {
        await this.#process(epoch, message);
        this.#puller.ask();
      }
      // only here, between two messages, do state and published results belong together
      if (epoch === this.#epoch) this.#saveWhenDue(epoch);
    }
  }

  async #woken(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, IDLE_MS);
    });
    clearTimeout(timer);
  }

  async #process(epoch: number, message: LogMessage): Promise<void> {
    const { nats, publisher } = this.#options;
    const { sequence, reply } = message;
    if (sequence <= (this.#claim?.head.sequence ?? 0)) {
      nats.publish(reply, "+ACK");
      return;
    }
    if (sequence <= this.#sequence) {
      // sent again because its checkpoint takes long; one that we never saw means that order is lost
      if (this.#unacknowledged.has(sequence)) this.#unacknowledged.set(sequence, reply);
      else this.#takeOver("a message is out of order");
      return;
    }
    const effects = await this.#effects(epoch, message);
    if (effects === undefined) return;
    this.#sequence = sequence;
    this.#unacknowledged.set(sequence, reply);
    for (const outgoing of effectMessages(this.#deployment.application, effects)) {
      await publisher.room();
      const stored: Promise<void> = publisher.publish(outgoing).then(() => void this.#results.delete(stored));
      this.#results.add(stored);
    }
  }

  /** Undefined when the partition was lost meanwhile. */
  async #effects(epoch: number, { sequence, kind, data }: LogMessage): Promise<Effects | undefined> {
    const { log, lane, partition } = this.#options;
    try {
      if (this.#poison.has(sequence)) return frameFailed(lane, partition, sequence);
      if (kind === "tick") return this.#engine?.tick(sequence, json<TickFrame>(data));
      if (kind === "erasure") {
        this.#erased = sequence;
        return this.#engine?.erase(json<ErasureFrame>(data));
      }
      this.#ticker.frame();
      const frame = readEventFrame(data);
      await this.#permitted(epoch, frame.revision);
      const engine = this.#engine;
      if (epoch !== this.#epoch || engine === undefined) return undefined;
      this.#deploy(engine);
      this.#frames++;
      this.#lagMs = Math.max(0, Date.now() - frame.at);
      return engine.frame(sequence, frame);
    } catch (error) {
      log.error({ err: error, sequence }, "a frame cannot be processed");
      this.#poison.add(sequence);
      // its state may be half changed
      this.#takeOver("a frame failed");
      return undefined;
    }
  }

  /** Waits for the deployment that a frame was cut for, and while stored consent is not known. */
  async #permitted(epoch: number, revision: number): Promise<void> {
    const ready = (): boolean => this.#deployment.revision >= revision && this.#options.consent.complete;
    while (!ready() && epoch === this.#epoch && !this.#stopped) await this.#woken();
  }

  #deploy(engine: PartitionEngine): void {
    if (this.#deployed === this.#deployment && engine.revision >= 0) return;
    const lane = this.#deployment.lanes.find(({ id }) => id === this.#options.lane);
    if (lane !== undefined) engine.deploy(this.#deployment, lane);
    this.#deployed = this.#deployment;
  }

  #saveWhenDue(epoch: number): void {
    const erasing = this.#erased > (this.#claim?.head.oldest ?? 0);
    if (this.#saving !== undefined || (this.#unacknowledged.size === 0 && !erasing)) return;
    if (Date.now() - this.#savedAt < (erasing ? ERASING_MS : this.#interval)) return;
    this.#saving = this.#save(epoch).finally(() => (this.#saving = undefined));
  }

  /** Never rejects: what went wrong is tried again at the next one. */
  async #save(epoch: number): Promise<void> {
    const { nats, checkpoints, log } = this.#options;
    const engine = this.#engine;
    const claim = this.#claim;
    if (engine === undefined || claim === undefined) return;
    const started = Date.now();
    const sequence = this.#sequence;
    const data = encodeSnapshot(engine.snapshot());
    const results = [...this.#results];
    try {
      await Promise.all(results);
      if (epoch !== this.#epoch) return;
      const saved = await checkpoints.save(this.key, { sequence, revision: engine.revision, data }, claim);
      if (epoch !== this.#epoch) return;
      this.#claim = saved;
      for (const reply of this.#unacknowledged.take(sequence)) nats.publish(reply, "+ACK");
    } catch (error) {
      if (epoch !== this.#epoch) return;
      if (error instanceof NotOwner) void this.#doubt();
      else log.warn({ err: error }, "checkpoint failed");
    } finally {
      this.#savedAt = Date.now();
      this.#interval = Math.max(CHECKPOINT_MS, CHECKPOINT_SHARE * (this.#savedAt - started));
    }
  }
}

const json = <T>(data: Uint8Array): T => JSON.parse(new TextDecoder().decode(data)) as T;
