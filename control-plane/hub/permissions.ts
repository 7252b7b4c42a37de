import { BUCKETS, directoryBucket, STREAMS, type DataPlaneRole } from "@o2mc/schema/subjects.ts";

/** What a user may publish to and subscribe to; nothing else. */
export interface Permissions {
  readonly pub: { readonly allow: string[] };
  readonly sub: { readonly allow: string[] };
}

/**
 * The allow list of a data-plane role inside a tenant's account. Consumer reads are not checked against subscribe
 * permissions, and streams can be read by mirror, source, direct get and snapshot too: so the wall is this list of API
 * subjects. No role may create, change or delete a stream, read EVENTS, RESULTS or DEAD by message, make a consumer on
 * them, or hear another role's replies.
 */
export function rolePermissions(role: DataPlaneRole): Permissions {
  return { pub: { allow: ["$JS.API.INFO", ...ROLES[role]] }, sub: { allow: [`${inboxPrefix(role)}.>`] } };
}

/** Inside the platform account: a role reads its own directory bucket. */
export function directoryPermissions(role: DataPlaneRole): Permissions {
  return {
    pub: { allow: ["$JS.API.INFO", ...readBucket(directoryBucket(role))] },
    sub: { allow: [`${inboxPrefix(role)}.>`] },
  };
}

const inboxPrefix = (role: DataPlaneRole): string => `_INBOX_${role}`;

/** get, watch and keys of a KV bucket; the push consumers of a watch send flow control replies */
function readBucket(bucket: string): string[] {
  return readStream(`KV_${bucket}`);
}

function readStream(stream: string): string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.FC.${stream}.>`,
  ];
}

const writeBucket = (bucket: string): string => `$KV.${bucket}.>`;

/** pull from the consumers that the control plane made, and acknowledge in both forms of the subject */
function pull(stream: string): string[] {
  return [
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
    `$JS.ACK.${stream}.>`,
    `$JS.ACK.*.*.${stream}.>`,
  ];
}

const ROLES: Readonly<Record<DataPlaneRole, readonly string[]>> = {
  edge: [
    "ev.>",
    ...readBucket(BUCKETS.deployments),
    ...readBucket(BUCKETS.consent),
    writeBucket(BUCKETS.consent),
    "receipt.>",
    // a receipt names the hash of the one before it
    `$JS.API.STREAM.MSG.GET.${STREAMS.receipts}`,
  ],
  process: [
    ...pull(STREAMS.events),
    `$JS.API.CONSUMER.RESET.${STREAMS.events}.*`,
    `$JS.API.CONSUMER.UNPIN.${STREAMS.events}.*`,
    "out.>",
    "tick.>",
    "dead.>",
    ...readBucket(BUCKETS.deployments),
    ...readBucket(BUCKETS.consent),
    ...readBucket(BUCKETS.checkpointHeads),
    writeBucket(BUCKETS.checkpointHeads),
    ...readStream(`OBJ_${BUCKETS.checkpoints}`),
    // an object store deletes the chunks of what it replaces
    `$JS.API.STREAM.PURGE.OBJ_${BUCKETS.checkpoints}`,
    `$O.${BUCKETS.checkpoints}.>`,
  ],
  deliver: [
    ...pull(STREAMS.results),
    // after a crash what it held comes back at once and in order
    `$JS.API.CONSUMER.RESET.${STREAMS.results}.*`,
    "dead.>",
    ...readBucket(BUCKETS.deployments),
    ...readBucket(BUCKETS.destinations),
    ...readBucket(BUCKETS.consent),
  ],
};
