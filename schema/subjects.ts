/**
 * The only place that names NATS subjects, streams, consumers and buckets.
 *
 * Each tenant is one NATS account, so no name carries the tenant. Every part that comes from outside is a `Token`:
 * `[A-Za-z0-9_+-]`, checked by `token()`, so that no name can hold a wildcard or a separator.
 */

const TOKEN = /^[A-Za-z0-9_+-]{1,128}$/;

/** Returns `value` when it may stand as one subject token; throws a RangeError otherwise. */
export function token(value: string): string {
  if (!TOKEN.test(value)) throw new RangeError("not a subject token");
  return value;
}

/**
 * All of this lives in the tenant's own account, where only the control plane has users. Edge, deliver and each lane of
 * process have an account of their own that imports, one by one, what they may use (control-plane/hub/grants.ts): there
 * JetStream's API has this prefix instead of `$JS.API`, and nothing else of JetStream exists.
 */
export const HUB_API = "hub";

export const STREAMS = {
  events: "EVENTS",
  results: "RESULTS",
  dead: "DEAD",
  receipts: "RECEIPTS",
  checkpoints: "CHECKPOINTS",
} as const;

export const BUCKETS = {
  /** tenant account: one compiled `Deployment` per application; key = application id */
  deployments: "deployments",
  /** tenant account: one `Deployment` per lane, with nothing of other lanes; key = `laneKey` */
  lanes: "lanes",
  /** tenant account, deliver only: `SealedDestination`; key = destination id */
  destinations: "sealed-destinations",
  /** tenant account: `ConsentState` per subject; key = `<app>.<subjectKey>` */
  consent: "consent",
  /** tenant account: `DeliveryErased`; key = `<app>.<erasure>.<delivery>` */
  erasures: "erasures",
  /** tenant account: `DestinationProblem` where deliver cannot begin; key = destination id */
  destinationProblems: "destination-problems",
  /** tenant account: `KeyUse` per write key; key = `keyUseKey` */
  keyUses: "key-uses",
  /** tenant account: `PartitionHealth`; key = `checkpointKey` */
  health: "health",
  /** tenant account: `CheckpointHead` per partition; key = `<app>.<lane>.<partition>` */
  checkpointHeads: "checkpoints",
} as const;

export const bucketStream = (bucket: string): string => `KV_${bucket}`;

export const bucketSubject = (bucket: string, key: string): string => `$KV.${bucket}.${key}`;

/** What a bucket stores is republished here, with its sequence: whoever follows a bucket may then not need a consumer. */
export const liveKeySubject = (bucket: string, key: string): string => `kv.${bucket}.${key}`;

export const bucketRepublish = (bucket: string): { readonly src: string; readonly dest: string } => ({
  src: bucketSubject(bucket, ">"),
  dest: liveKeySubject(bucket, ">"),
});

/** Stream whose source is one application's part of the bucket `consent`: what lanes read. */
export const consentCopy = (app: string): string => `CONSENT_${token(app)}`;

/** platform account: one bucket per enrolled worker, value = `TenantAccess`; key = tenant id, for process and a lane's */
export const directoryBucket = (worker: string): string => `worker-${token(worker)}`;

/** in the same bucket: the creds file of the user that reads it, the newest; two tokens, as no tenant's or lane's key has */
export const DIRECTORY_USER = "directory.user";

export const laneAccessKey = (tenant: string, app: string, lane: string): string =>
  `${token(tenant)}.${laneKey(app, lane)}`;

/** platform account: since when a role's or lane's users count (seconds); key = the key in directories, role in front */
export const REVOCATIONS = "revocations";

export type DataPlaneRole = "edge" | "process" | "deliver";

export const eventSubject = (app: string, lane: string, partition: number): string =>
  `ev.${token(app)}.${token(lane)}.${partition}`;

/** Ticks are the log's clock; process may publish them, and nothing else, into EVENTS. */
export const tickSubject = (app: string, lane: string, partition: number): string =>
  `tick.${token(app)}.${token(lane)}.${partition}`;

/** Erasures in a partition's own order: the control plane alone may publish them. */
export const erasureSubject = (app: string, lane: string, partition: number): string =>
  `erase.${token(app)}.${token(lane)}.${partition}`;

export const resultSubject = (app: string, pipeline: string, output: string): string =>
  `out.${token(app)}.${token(pipeline)}.${token(output)}`;

/** Erasures in one delivery's own order, behind the results before them: the control plane alone may publish them. */
export const deliveryErasureSubject = (app: string, delivery: string): string =>
  `forget.${token(app)}.${token(delivery)}`;

/** RESULTS republishes `out.>` here after storing, with stream sequence headers: the control plane's live tail. */
export const liveSubject = (app: string, pipeline: string, output: string): string =>
  `live.${resultSubject(app, pipeline, output)}`;

export const deadSubject = (app: string, stage: "process" | "deliver", owner: string): string =>
  `dead.${token(app)}.${stage}.${token(owner)}`;

/** One consent receipt: `StoredReceipt`. The receipts of an application are one chain, in the order of the stream. */
export const receiptSubject = (app: string, subjectKey: string): string => `receipt.${token(app)}.${token(subjectKey)}`;

/** Filter of an application's whole chain. */
export const receiptSubjects = (app: string): string => `receipt.${token(app)}.>`;

/** Durable pull consumer on RECEIPTS, through which an application's receipts come to the edge as events. */
export const receiptsConsumer = (app: string): string => `r-${token(app)}`;

/** The control plane asks deliver to test a destination: `DestinationTestRequest`. Stored nowhere. */
export const DESTINATION_TESTS = "test.destination";

/** deliver's `DestinationTestAnswer`; the id is only known to who asked. */
export const destinationTestAnswer = (id: string): string => `tested.${token(id)}`;

export const STREAM_SUBJECTS = {
  events: ["ev.>", "tick.>", "erase.>"],
  results: ["out.>", "forget.>"],
  resultsRepublish: { src: "out.>", dest: "live.out.>" },
  dead: ["dead.>"],
  receipts: ["receipt.>"],
  checkpoints: ["cp.>"],
} as const;

/** Work-queue consumer of one partition; filters `eventSubject`, `tickSubject` and `erasureSubject`; pinned group `PARTITION_GROUP`. */
export const partitionConsumer = (app: string, lane: string, partition: number): string =>
  `p-${token(app)}-${token(lane)}-${partition}`;

export const PARTITION_GROUP = "owner";

/** Durable pull consumer on RESULTS for one delivery. */
export const deliveryConsumer = (delivery: string): string => `d-${token(delivery)}`;

/** Headers-only AckAll consumer that keeps results for the time a subscriber may take to come back. */
export const WINDOW_CONSUMER = "window";

export const consentKey = (app: string, subjectKey: string): string => `${token(app)}.${token(subjectKey)}`;

export const checkpointKey = (app: string, lane: string, partition: number): string =>
  `${token(app)}.${token(lane)}.${partition}`;

/** Chunks of one owner's snapshots of the partition with this `checkpointKey`; `.<slot>.<number>` follows. */
export const checkpointSubject = (key: string, writer: string): string => `cp.${key}.${token(writer)}`;

export const erasedKey = (app: string, erasure: string, delivery: string): string =>
  `${token(app)}.${token(erasure)}.${token(delivery)}`;

/** of a write key with this hash (hex SHA-256) */
export const keyUseKey = (hash: string): string => token(hash.slice(0, 32));

export const laneKey = (app: string, lane: string): string => `${token(app)}.${token(lane)}`;

/** A lane is named by its purposes: sorted, joined by `+`. */
export const laneId = (purposes: readonly string[]): string => token([...new Set(purposes)].sort().join("+"));
