import { readKey } from "@o2mc/runtime/bucket.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { ErasureFrame } from "@o2mc/schema/events/frame.ts";
import { partitionOf } from "@o2mc/schema/events/partition.ts";
import {
  BUCKETS,
  bucketStream,
  bucketSubject,
  checkpointKey,
  erasureSubject,
  laneKey,
  STREAMS,
  token,
} from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "../hub/connection.ts";
import type { ErasePart } from "./erase-part.ts";
import { isStored } from "./is-stored.ts";

/** A frame that is processed and not in every snapshot after so long gets a successor: its worker died in between. */
const PATIENCE_MS = 5_000;

interface Place {
  readonly lane: string;
  readonly partition: number;
  /** sequence of the erasure frame in EVENTS */
  readonly frame: number;
  /** epoch ms */
  readonly sentAt: number;
  readonly done: boolean;
}

/**
 * Sessions and windows of the subject. An erasure frame goes into the log of its partition in every lane, so that a replay
 * comes to it at the same place; it is done once the partition's head says that no snapshot from before it is stored. Lanes
 * that are no longer deployed have nobody who would read it: their snapshots go as a whole.
 */
export const eraseState: ErasePart = async ({ erasure, part, connection }) => {
  const { application, subjectKey } = erasure;
  const entry = await connection.deployments.get(token(application));
  const lanes = entry?.operation === "PUT" ? entry.json<Deployment>().lanes : [];
  const sent = (part.receipt?.["partitions"] ?? []) as readonly Place[];
  const partitions: Place[] = [];
  for (const { id, partitions: count } of lanes) {
    const partition = partitionOf(subjectKey, count);
    const before = sent.find((place) => place.lane === id && place.partition === partition);
    partitions.push(await advance(connection, erasure, { lane: id, partition }, before));
  }
  const deployed = new Set(lanes.map(({ id }) => id));
  const { purged, left } = await purgeLanes(connection, application, deployed);
  const done = left === 0 && partitions.every((place) => place.done);
  const all = [...((part.receipt?.["purged"] ?? []) as readonly string[]), ...purged];
  return { state: done ? "done" : "waiting", receipt: { partitions, purged: all } };
};

async function advance(
  connection: TenantConnection,
  erasure: { readonly id: string; readonly application: string; readonly subjectKey: string },
  where: { readonly lane: string; readonly partition: number },
  before: Place | undefined,
): Promise<Place> {
  const { id, application, subjectKey } = erasure;
  const { lane, partition } = where;
  if (before?.done === true) return before;
  if (before !== undefined) {
    const head = await readKey(connection.nc, BUCKETS.checkpointHeads, checkpointKey(application, lane, partition));
    const { oldest = 0 } = head === undefined ? {} : (JSON.parse(new TextDecoder().decode(head.value)) as Head);
    if (oldest >= before.frame) return { ...before, done: true };
    const late = Date.now() - before.sentAt > PATIENCE_MS;
    if (!late || (await isStored(connection, STREAMS.events, before.frame))) return before;
  }
  const frame: ErasureFrame = { v: 1, erasure: id, subjectKey };
  const { seq } = await connection.js.publish(erasureSubject(application, lane, partition), JSON.stringify(frame));
  return { lane, partition, frame: seq, sentAt: Date.now(), done: false };
}

/** What is needed of a partition's checkpoint head. */
interface Head {
  readonly oldest?: number;
}

/** `left`: those of lanes that are being opened or closed just now; looked at again. */
async function purgeLanes(
  { nc, jsm }: TenantConnection,
  application: string,
  deployed: ReadonlySet<string>,
): Promise<{ readonly purged: readonly string[]; readonly left: number }> {
  const prefix = bucketSubject(BUCKETS.checkpointHeads, "");
  const filter = `${prefix}${token(application)}.>`;
  const { state } = await jsm.streams.info(bucketStream(BUCKETS.checkpointHeads), { subjects_filter: filter });
  const purged: string[] = [];
  let left = 0;
  for (const subject of Object.keys(state.subjects ?? {})) {
    const key = subject.slice(prefix.length);
    const [, lane = ""] = key.split(".");
    if (deployed.has(lane)) continue;
    if ((await readKey(nc, BUCKETS.lanes, laneKey(application, lane))) !== undefined) left += 1;
    else {
      await jsm.streams.purge(STREAMS.checkpoints, { filter: `cp.${key}.>` });
      await jsm.streams.purge(bucketStream(BUCKETS.checkpointHeads), { filter: subject });
      purged.push(key);
    }
  }
  return { purged, left };
}
