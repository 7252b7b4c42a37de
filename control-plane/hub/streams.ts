import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type JetStreamManager,
  type StreamConfig,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import {
  bucketRepublish,
  BUCKETS,
  bucketStream,
  bucketSubject,
  STREAM_SUBJECTS,
  STREAMS,
  WINDOW_CONSUMER,
} from "@o2mc/schema/subjects.ts";

const MEGABYTE = 1024 ** 2;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A consumer that nobody pulls for so long goes: without a control plane the window must not fill the hub. */
const WINDOW_ABANDONED = 60 * MINUTE;

/** Sizes stay, together, below an account's 10 GB. A full stream refuses (`discard: new`): it never loses what it has. */
const STREAM_CONFIGS: readonly (Partial<StreamConfig> & { readonly name: string })[] = [
  {
    name: STREAMS.events,
    subjects: [...STREAM_SUBJECTS.events],
    retention: RetentionPolicy.Workqueue,
    max_bytes: 4096 * MEGABYTE,
    duplicate_window: nanos(2 * MINUTE),
    allow_direct: false,
    allow_atomic: true,
  },
  {
    name: STREAMS.results,
    subjects: [...STREAM_SUBJECTS.results],
    retention: RetentionPolicy.Interest,
    max_bytes: 2048 * MEGABYTE,
    // a replay after a crash publishes what was published since the last checkpoint
    duplicate_window: nanos(10 * MINUTE),
    // the control plane reads by message; no role's allow list has it
    allow_direct: true,
    allow_atomic: true,
    republish: STREAM_SUBJECTS.resultsRepublish,
  },
  {
    name: STREAMS.dead,
    subjects: [...STREAM_SUBJECTS.dead],
    retention: RetentionPolicy.Limits,
    max_bytes: 512 * MEGABYTE,
    max_age: nanos(7 * DAY),
    // here the oldest gives way, else a full DEAD would stop the work
    discard: DiscardPolicy.Old,
    allow_direct: false,
  },
  {
    name: STREAMS.receipts,
    subjects: [...STREAM_SUBJECTS.receipts],
    retention: RetentionPolicy.Limits,
    max_bytes: 512 * MEGABYTE,
    duplicate_window: nanos(2 * MINUTE),
    // the proof of consent: append only, for whoever holds which credential
    deny_delete: true,
    deny_purge: true,
    allow_direct: false,
    allow_atomic: true,
  },
  {
    name: STREAMS.checkpoints,
    subjects: [...STREAM_SUBJECTS.checkpoints],
    retention: RetentionPolicy.Limits,
    max_bytes: 2048 * MEGABYTE,
    // one message a chunk; what replaces a chunk that is done with goes by itself
    max_msgs_per_subject: 1,
    allow_msg_ttl: true,
    allow_direct: true,
  },
];

const BUCKET_BYTES: Readonly<Record<string, number>> = {
  [BUCKETS.deployments]: 64 * MEGABYTE,
  [BUCKETS.lanes]: 64 * MEGABYTE,
  [BUCKETS.destinations]: 16 * MEGABYTE,
  [BUCKETS.consent]: 512 * MEGABYTE,
  [BUCKETS.erasures]: 64 * MEGABYTE,
  [BUCKETS.destinationProblems]: 8 * MEGABYTE,
  [BUCKETS.keyUses]: 8 * MEGABYTE,
  [BUCKETS.health]: 32 * MEGABYTE,
  [BUCKETS.checkpointHeads]: 64 * MEGABYTE,
};

/** A destination that was deleted is purged; only the control plane and deliver know this bucket, and deliver writes none. */
const ROLLED_UP: ReadonlySet<string> = new Set([BUCKETS.destinations]);

/** What earlier versions kept, with destinations' secrets in the clear. */
const ABANDONED = [bucketStream("destinations")];

/** Buckets as streams of our own, for the library lets a writer of one key roll up all the others. */
const bucketConfig = (bucket: string, maxBytes: number): Partial<StreamConfig> & { readonly name: string } => ({
  name: bucketStream(bucket),
  subjects: [bucketSubject(bucket, ">")],
  retention: RetentionPolicy.Limits,
  max_bytes: maxBytes,
  max_msgs_per_subject: 1,
  allow_direct: true,
  allow_rollup_hdrs: ROLLED_UP.has(bucket),
  allow_atomic: bucket === BUCKETS.consent,
  deny_delete: true,
  republish: bucketRepublish(bucket),
});

/** Makes what a tenant's account needs before anything is deployed; brings what is there up to date. */
export async function ensureStreams(jsm: JetStreamManager): Promise<void> {
  const buckets = Object.entries(BUCKET_BYTES).map(([bucket, bytes]) => bucketConfig(bucket, bytes));
  for (const config of [...STREAM_CONFIGS, ...buckets]) {
    await ensureStream(jsm, { storage: StorageType.File, discard: DiscardPolicy.New, num_replicas: 1, ...config });
  }
  for (const name of ABANDONED) await jsm.streams.delete(name).catch(nullWhenMissing);
  await ensureConsumer(jsm, STREAMS.results, {
    durable_name: WINDOW_CONSUMER,
    ack_policy: AckPolicy.All,
    // made anew after an absence it has lost what went meanwhile: its floor says so
    deliver_policy: DeliverPolicy.New,
    headers_only: true,
    max_ack_pending: -1,
    ack_wait: nanos(DAY),
    inactive_threshold: nanos(WINDOW_ABANDONED),
  });
}

async function ensureStream(
  jsm: JetStreamManager,
  config: Partial<StreamConfig> & { readonly name: string },
): Promise<void> {
  const there = await jsm.streams.info(config.name).catch(nullWhenMissing);
  if (there === null) await jsm.streams.add(config);
  else await jsm.streams.update(config.name, config);
}

/** A durable consumer with this configuration; one that is there keeps its position. */
export async function ensureConsumer(
  jsm: JetStreamManager,
  stream: string,
  config: Partial<ConsumerConfig> & { readonly durable_name: string },
): Promise<void> {
  const there = await jsm.consumers.info(stream, config.durable_name).catch(nullWhenMissing);
  if (there === null) await jsm.consumers.add(stream, config);
  else await jsm.consumers.update(stream, config.durable_name, config);
}

/** For `.catch`: null for "no such stream, consumer or message". */
export function nullWhenMissing(error: unknown): null {
  if (error instanceof JetStreamApiError && error.status === 404) return null;
  throw error;
}
