import { AckPolicy, DeliverPolicy, ReplayPolicy, type ConsumerInfo, type JetStreamManager } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { DeployedLane, Deployment } from "@o2mc/schema/deployment/deployment.ts";
import {
  deliveryConsumer,
  deliveryErasureSubject,
  erasureSubject,
  eventSubject,
  PARTITION_GROUP,
  partitionConsumer,
  receiptsConsumer,
  receiptSubjects,
  resultSubject,
  STREAMS,
  tickSubject,
} from "@o2mc/schema/subjects.ts";
import { ensureConsumer } from "./streams.ts";

/** Makes the consumers that a deployment needs; done before the deployment is put, so that no frame finds none. */
export async function ensureConsumers(jsm: JetStreamManager, deployment: Deployment): Promise<void> {
  const { application } = deployment;
  for (const lane of deployment.lanes) {
    for (let partition = 0; partition < lane.partitions; partition++) {
      await ensureConsumer(jsm, STREAMS.events, {
        durable_name: partitionConsumer(application, lane.id, partition),
        filter_subjects: [eventSubject, tickSubject, erasureSubject].map((subject) =>
          subject(application, lane.id, partition),
        ),
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(30_000),
        max_ack_pending: 20_000,
        deliver_policy: DeliverPolicy.All,
        replay_policy: ReplayPolicy.Instant,
        priority_groups: [PARTITION_GROUP],
        priority_policy: "pinned_client",
        priority_timeout: nanos(2_000),
        metadata: { application, lane: lane.id, partition: String(partition) },
      });
    }
  }
  if (deployment.lanes.some(({ purposes }) => purposes.join() === deployment.policy.receiptsPurpose)) {
    await ensureConsumer(jsm, STREAMS.receipts, {
      durable_name: receiptsConsumer(application),
      filter_subject: receiptSubjects(application),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(30_000),
      max_ack_pending: 1_000,
      // the whole proof, once: the consumer keeps its place as long as there is the application
      deliver_policy: DeliverPolicy.All,
      replay_policy: ReplayPolicy.Instant,
      metadata: { application },
    });
  }
  for (const delivery of deployment.deliveries) {
    await ensureConsumer(jsm, STREAMS.results, {
      durable_name: deliveryConsumer(delivery.id),
      // of consumers from before there were erasures
      filter_subject: "",
      filter_subjects: [
        resultSubject(application, delivery.pipeline, delivery.output),
        deliveryErasureSubject(application, delivery.id),
      ],
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(60_000),
      max_ack_pending: 10_000,
      deliver_policy: DeliverPolicy.All,
      replay_policy: ReplayPolicy.Instant,
      metadata: { application, delivery: delivery.id },
    });
  }
}

/**
 * Removes the application's consumers that `deployment` no longer has, and with a lane its frames: nobody is permitted
 * to use them any more. A partition that a living lane gives up is drained first: its consumer goes once it is empty.
 * Done after the deployment is put; what an edge still cut for the old one goes at the next publish.
 */
export async function removeConsumers(
  jsm: JetStreamManager,
  deployment: Pick<Deployment, "application" | "lanes" | "deliveries">,
): Promise<void> {
  const { application } = deployment;
  const lanes = new Map(deployment.lanes.map((lane) => [lane.id, lane]));
  for (const consumer of await consumersOf(jsm, STREAMS.events, application)) {
    if (isWanted(consumer, lanes)) continue;
    await jsm.consumers.delete(STREAMS.events, consumer.name);
  }
  const deliveries = new Set(deployment.deliveries.map(({ id }) => deliveryConsumer(id)));
  for (const consumer of await consumersOf(jsm, STREAMS.results, application)) {
    if (!deliveries.has(consumer.name)) await jsm.consumers.delete(STREAMS.results, consumer.name);
  }
  for (const kind of ["ev", "tick", "erase"]) {
    const info = await jsm.streams.info(STREAMS.events, { subjects_filter: `${kind}.${application}.>` });
    const stored = new Set(Object.keys(info.state.subjects ?? {}).map((subject) => subject.split(".")[2] ?? ""));
    for (const lane of stored) {
      if (lanes.has(lane)) continue;
      await jsm.streams.purge(STREAMS.events, { filter: `${kind}.${application}.${lane}.>` });
    }
  }
}

function isWanted(consumer: ConsumerInfo, lanes: ReadonlyMap<string, DeployedLane>): boolean {
  const { lane: id = "", partition = "" } = consumer.config.metadata ?? {};
  const lane = lanes.get(id);
  if (lane === undefined) return false;
  return Number(partition) < lane.partitions || consumer.num_pending + consumer.num_ack_pending > 0;
}

async function consumersOf(jsm: JetStreamManager, stream: string, application: string): Promise<ConsumerInfo[]> {
  const found: ConsumerInfo[] = [];
  for await (const consumer of jsm.consumers.list(stream)) {
    if (consumer.config.metadata?.["application"] === application) found.push(consumer);
  }
  return found;
}
