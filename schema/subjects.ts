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

export const STREAMS = { events: "EVENTS", results: "RESULTS", dead: "DEAD", receipts: "RECEIPTS" } as const;

export const BUCKETS = {
  /** tenant account: one compiled `Deployment` per application; key = application id */
  deployments: "deployments",
  /** tenant account, deliver only: `DestinationConfig` with secrets; key = destination id */
  destinations: "destinations",
  /** tenant account: `ConsentState` per subject; key = `<app>.<subjectKey>` */
  consent: "consent",
  /** tenant account: `CheckpointHead` per partition; key = `<app>.<lane>.<partition>` */
  checkpointHeads: "checkpoint-heads",
  /** tenant account, object store: the snapshots that the heads point to */
  checkpoints: "checkpoints",
} as const;

/** platform account: one bucket per data-plane role; key = tenant id, value = `TenantAccess` of that role */
export const directoryBucket = (role: DataPlaneRole): string => `directory-${role}`;

export type DataPlaneRole = "edge" | "process" | "deliver";

export const eventSubject = (app: string, lane: string, partition: number): string =>
  `ev.${token(app)}.${token(lane)}.${partition}`;

/** Ticks are the log's clock; process may publish them, and nothing else, into EVENTS. */
export const tickSubject = (app: string, lane: string, partition: number): string =>
  `tick.${token(app)}.${token(lane)}.${partition}`;

export const resultSubject = (app: string, pipeline: string, output: string): string =>
  `out.${token(app)}.${token(pipeline)}.${token(output)}`;

/** RESULTS republishes `out.>` here after storing, with stream sequence headers: the control plane's live tail. */
export const liveSubject = (app: string, pipeline: string, output: string): string =>
  `live.${resultSubject(app, pipeline, output)}`;

export const deadSubject = (app: string, stage: "process" | "deliver", owner: string): string =>
  `dead.${token(app)}.${stage}.${token(owner)}`;

/** One consent receipt: `StoredReceipt`. The receipts of an application are one chain, in the order of the stream. */
export const receiptSubject = (app: string, subjectKey: string): string => `receipt.${token(app)}.${token(subjectKey)}`;

/** Filter of an application's whole chain. */
export const receiptSubjects = (app: string): string => `receipt.${token(app)}.>`;

export const STREAM_SUBJECTS = {
  events: ["ev.>", "tick.>"],
  results: ["out.>"],
  resultsRepublish: { src: "out.>", dest: "live.out.>" },
  dead: ["dead.>"],
  receipts: ["receipt.>"],
} as const;

/** Work-queue consumer of one partition; filters `eventSubject` and `tickSubject`; pinned group `PARTITION_GROUP`. */
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

/** A lane is named by its purposes: sorted, joined by `+`. */
export const laneId = (purposes: readonly string[]): string => token([...new Set(purposes)].sort().join("+"));
