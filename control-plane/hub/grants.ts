import {
  bucketStream,
  bucketSubject,
  BUCKETS,
  consentCopy,
  deadSubject,
  DESTINATION_TESTS,
  directoryBucket,
  HUB_API,
  laneKey,
  liveKeySubject,
  partitionConsumer,
  STREAMS,
  token,
  type DataPlaneRole,
} from "@o2mc/schema/subjects.ts";
import type { DeployedLane, Deployment } from "@o2mc/schema/deployment/deployment.ts";

/**
 * What an account of a role or a lane may use of the account that owns the streams, and nothing else exists for it. Not a list of
 * permissions inside that account: the hub answers to whatever subject a request names as its reply and checks no
 * permission there, so that whoever may ask anything in an account can have the hub publish anything anywhere in it (a
 * consent, an event, a call of JetStream's API). Across accounts answers come back to the asker's own account.
 */
export interface Grant {
  readonly kind: "request" | "listen";
  /** in the account that owns it */
  readonly subject: string;
  /** as the user names it */
  readonly local: string;
}

const request = (subject: string): Grant => ({ kind: "request", subject, local: subject });
const listen = (subject: string): Grant => ({ kind: "listen", subject, local: subject });
const api = (call: string): Grant => ({ kind: "request", subject: `$JS.API.${call}`, local: `${HUB_API}.${call}` });

/** every value of a bucket, stored and as it is stored */
const readBucket = (bucket: string): Grant[] => [
  api(`DIRECT.GET.${bucketStream(bucket)}`),
  listen(liveKeySubject(bucket, ">")),
];

/** the values of these keys only: a read by subject, not by a request's content */
const readKeys = (bucket: string, keys: string): Grant[] => [
  api(`DIRECT.GET.${bucketStream(bucket)}.${bucketSubject(bucket, keys)}`),
  listen(liveKeySubject(bucket, keys)),
];

/**
 * The stored consent of one application, from its copy: a read of many keys names them in its content, which no import can hold to a
 * prefix. By the bucket's last sequence under the prefix a reader tells that the copy holds all that is stored.
 */
const readConsent = (application: string): Grant[] => [
  api(`DIRECT.GET.${consentCopy(application)}`),
  api(`DIRECT.GET.${bucketStream(BUCKETS.consent)}.${bucketSubject(BUCKETS.consent, `${token(application)}.>`)}`),
  listen(liveKeySubject(BUCKETS.consent, `${token(application)}.>`)),
];

const EDGE: readonly Grant[] = [
  request("ev.>"),
  ...readBucket(BUCKETS.deployments),
  ...readBucket(BUCKETS.consent),
  request(bucketSubject(BUCKETS.consent, ">")),
  // when a write key was used last
  request(bucketSubject(BUCKETS.keyUses, "*")),
  request("receipt.>"),
  // a receipt names the hash of the one before it
  api(`STREAM.MSG.GET.${STREAMS.receipts}`),
  // receipts are events too, which come in through the gate
  api(`CONSUMER.INFO.${STREAMS.receipts}.*`),
  api(`CONSUMER.MSG.NEXT.${STREAMS.receipts}.*`),
  request(`$JS.ACK.${STREAMS.receipts}.>`),
];

const DELIVER: readonly Grant[] = [
  api(`CONSUMER.INFO.${STREAMS.results}.*`),
  api(`CONSUMER.MSG.NEXT.${STREAMS.results}.*`),
  // after a crash what it held comes back at once and in order
  api(`CONSUMER.RESET.${STREAMS.results}.*`),
  request(`$JS.ACK.${STREAMS.results}.>`),
  request("dead.*.deliver.*"),
  // what came of an erasure at its destinations
  request(bucketSubject(BUCKETS.erasures, ">")),
  ...readBucket(BUCKETS.deployments),
  ...readBucket(BUCKETS.destinations),
  request(bucketSubject(BUCKETS.destinationProblems, "*")),
  // what the control plane asks to be tested, and what came of it
  listen(DESTINATION_TESTS),
  request("tested.*"),
  ...readBucket(BUCKETS.consent),
];

/** Of the accounts that a tenant's edge and deliver have. */
export const ROLE_GRANTS = { edge: EDGE, deliver: DELIVER } as const;

/** Of one lane of process: its partitions' consumers, its pipelines' outputs, its checkpoints; each by its name. */
export function laneGrants(deployment: Deployment, { id, partitions }: DeployedLane): readonly Grant[] {
  const { application, pipelines } = deployment;
  const app = token(application);
  const own = pipelines.filter(({ lane }) => lane === id).map((pipeline) => token(pipeline.id));
  const consumers = Array.from({ length: partitions }, (_, partition) => partitionConsumer(app, id, partition));
  return [
    ...consumers.flatMap((consumer) => [
      api(`CONSUMER.MSG.NEXT.${STREAMS.events}.${consumer}`),
      api(`CONSUMER.RESET.${STREAMS.events}.${consumer}`),
      api(`CONSUMER.UNPIN.${STREAMS.events}.${consumer}`),
      request(`$JS.ACK.${STREAMS.events}.${consumer}.>`),
    ]),
    request(`tick.${laneKey(app, id)}.*`),
    ...own.map((pipeline) => request(`out.${app}.${pipeline}.*`)),
    ...[...own, id].map((owner) => request(deadSubject(app, "process", owner))),
    ...readKeys(BUCKETS.lanes, laneKey(app, id)),
    ...readConsent(app),
    request(bucketSubject(BUCKETS.checkpointHeads, `${laneKey(app, id)}.*`)),
    request(bucketSubject(BUCKETS.health, `${laneKey(app, id)}.*`)),
    api(
      `DIRECT.GET.${bucketStream(BUCKETS.checkpointHeads)}.${bucketSubject(BUCKETS.checkpointHeads, `${laneKey(app, id)}.*`)}`,
    ),
    request(`cp.${laneKey(app, id)}.>`),
    api(`DIRECT.GET.${STREAMS.checkpoints}.cp.${laneKey(app, id)}.>`),
  ];
}

/** Of the platform's account: a worker reads its own directory. */
export const directoryGrants = (worker: string): readonly Grant[] => readBucket(directoryBucket(worker));

/** Reads of many keys; applications, and with them their copies, come and go. */
const ANY_BATCH = "$JS.API.DIRECT.GET.*";

/** What lanes are granted some of. */
const PROCESS: readonly Grant[] = [
  ...["MSG.NEXT", "RESET", "UNPIN"].map((call) => api(`CONSUMER.${call}.${STREAMS.events}.*`)),
  request(`$JS.ACK.${STREAMS.events}.>`),
  request("tick.>"),
  request("out.>"),
  request("dead.*.process.*"),
  ...readKeys(BUCKETS.lanes, ">"),
  api(`DIRECT.GET.*`),
  api(`DIRECT.GET.${bucketStream(BUCKETS.consent)}.>`),
  listen(liveKeySubject(BUCKETS.consent, ">")),
  request(bucketSubject(BUCKETS.checkpointHeads, ">")),
  request(bucketSubject(BUCKETS.health, ">")),
  api(`DIRECT.GET.${bucketStream(BUCKETS.checkpointHeads)}.>`),
  request("cp.>"),
  api(`DIRECT.GET.${STREAMS.checkpoints}.>`),
];

/** All that a tenant's account lets be imported; by whom, only the control plane's signature says. None may contain another. */
export const TENANT_EXPORTS: readonly Grant[] = [...EDGE, ...DELIVER, ...PROCESS].filter(
  ({ subject }) => subject === ANY_BATCH || !/^\$JS\.API\.DIRECT\.GET\.[^.]+$/.test(subject),
);

/** All that the platform's account lets be imported: of any worker's directory. */
export const DIRECTORY_EXPORTS: readonly Grant[] = [api("DIRECT.GET.*"), listen(liveKeySubject("*", ">"))];

const ROLE: Readonly<Record<DataPlaneRole, readonly Grant[]>> = { edge: EDGE, process: PROCESS, deliver: DELIVER };

/**
 * Of a role's users, whichever account they are in: the second wall, the same for all lanes, so that a lane that gets another
 * pipeline need not reconnect. What the account does not import stays out of reach.
 */
export const rolePermissions = (role: DataPlaneRole): Permissions => userPermissions(role, ROLE[role]);

/** Of a user that may do what `grants` say. */
export function userPermissions(role: DataPlaneRole, grants: readonly Grant[]): Permissions {
  const locals = (kind: Grant["kind"]): string[] => [
    ...new Set(grants.filter((grant) => grant.kind === kind).map(({ local }) => local)),
  ];
  return { pub: { allow: locals("request") }, sub: { allow: [`_INBOX_${role}.>`, ...locals("listen")] } };
}

/** What a user may publish to and subscribe to; nothing else. */
export interface Permissions {
  readonly pub: { readonly allow: string[] };
  readonly sub: { readonly allow: string[] };
}
