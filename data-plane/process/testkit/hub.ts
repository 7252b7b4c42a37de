import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { nanos, type NatsConnection } from "@nats-io/transport-node";
import type { DeployedLane, Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";
import type { ErasureFrame } from "@o2mc/schema/events/frame.ts";
import type { EventFrameHead } from "@o2mc/schema/events/event-frame.ts";
import { partitionOf } from "@o2mc/schema/events/partition.ts";
import { decodeResultFrame, type ResultFrame } from "@o2mc/schema/events/result-frame.ts";
import {
  bucketRepublish,
  BUCKETS,
  erasureSubject,
  eventSubject,
  PARTITION_GROUP,
  partitionConsumer,
  STREAM_SUBJECTS,
  STREAMS,
  tickSubject,
} from "@o2mc/schema/subjects.ts";
import { testMessage, type TestEvent } from "./frames.ts";

/** A tenant's account as the control plane leaves it, but RESULTS keeps everything, to be looked at. */
export class TestHub {
  readonly nats: NatsConnection;

  constructor(nats: NatsConnection) {
    this.nats = nats;
  }

  async prepare(deployment: Deployment): Promise<void> {
    const jsm = await jetstreamManager(this.nats);
    const dead = [...STREAM_SUBJECTS.dead];
    await jsm.streams.add({
      name: STREAMS.events,
      subjects: [...STREAM_SUBJECTS.events],
      retention: RetentionPolicy.Workqueue,
    });
    await jsm.streams.add({ name: STREAMS.results, subjects: [...STREAM_SUBJECTS.results] });
    await jsm.streams.add({ name: STREAMS.dead, subjects: dead });
    for (const bucket of [BUCKETS.deployments, BUCKETS.consent, BUCKETS.health, BUCKETS.checkpointHeads]) {
      await new Kvm(this.nats).create(bucket, { republish: bucketRepublish(bucket) });
    }
    await jsm.streams.add({
      name: STREAMS.checkpoints,
      subjects: [...STREAM_SUBJECTS.checkpoints],
      max_msgs_per_subject: 1,
      allow_direct: true,
      allow_msg_ttl: true,
    });
    for (const lane of deployment.lanes) {
      for (let p = 0; p < lane.partitions; p++) await this.#consumer(deployment.application, lane, p);
    }
    await this.deploy(deployment);
  }

  async #consumer(application: string, lane: DeployedLane, partition: number): Promise<void> {
    const jsm = await jetstreamManager(this.nats);
    await jsm.consumers.add(STREAMS.events, {
      durable_name: partitionConsumer(application, lane.id, partition),
      filter_subjects: [eventSubject, tickSubject, erasureSubject].map((subject) =>
        subject(application, lane.id, partition),
      ),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(30_000),
      max_ack_pending: 20_000,
      priority_groups: [PARTITION_GROUP],
      priority_policy: "pinned_client",
      priority_timeout: nanos(2000),
    });
  }

  async deploy(deployment: Deployment): Promise<void> {
    const kv = await new Kvm(this.nats).open(BUCKETS.deployments);
    await kv.put(deployment.application, JSON.stringify(deployment));
  }

  /** Cuts one frame per partition, as the edge does. */
  async send(
    deployment: Deployment,
    events: readonly TestEvent[],
    change: Partial<EventFrameHead> = {},
  ): Promise<void> {
    const lane = deployment.lanes[0];
    if (lane === undefined) throw new Error("no lane");
    for (let p = 0; p < lane.partitions; p++) {
      const own = events.filter(({ subject }) => partitionOf(subject, lane.partitions) === p);
      if (own.length === 0) continue;
      const message = testMessage(own, { revision: deployment.revision, at: Date.now(), ...change });
      await jetstream(this.nats).publish(eventSubject(deployment.application, lane.id, p), message);
    }
  }

  /** As the control plane asks for an erasure; resolves with its place in the log. */
  async erase({ application }: Deployment, lane: DeployedLane, subjectKey: string): Promise<number> {
    const frame: ErasureFrame = { v: 1, erasure: "e", subjectKey };
    const subject = erasureSubject(application, lane.id, partitionOf(subjectKey, lane.partitions));
    return (await jetstream(this.nats).publish(subject, JSON.stringify(frame))).seq;
  }

  /** Everything that is stored in CHECKPOINTS. */
  async snapshots(): Promise<string> {
    return (await this.#read(STREAMS.checkpoints)).map((data) => Buffer.from(data).toString("latin1")).join("\n");
  }

  async results(): Promise<ResultFrame[]> {
    return (await this.#read(STREAMS.results)).map(decodeResultFrame);
  }

  async dead(): Promise<DeadLetter[]> {
    return (await this.#read(STREAMS.dead)).map((data) => JSON.parse(new TextDecoder().decode(data)) as DeadLetter);
  }

  /** Messages that are not acknowledged yet. */
  async eventsLeft(): Promise<number> {
    const jsm = await jetstreamManager(this.nats);
    return (await jsm.streams.info(STREAMS.events)).state.messages;
  }

  async #read(stream: string): Promise<Uint8Array[]> {
    const jsm = await jetstreamManager(this.nats);
    const { first_seq, last_seq } = (await jsm.streams.info(stream)).state;
    const all: Uint8Array[] = [];
    for (let seq = Math.max(1, first_seq); seq <= last_seq; seq++) {
      // one that is gone leaves its number
      const message = await jsm.streams.getMessage(stream, { seq }).catch(() => null);
      if (message !== null) all.push(message.data);
    }
    return all;
  }
}
