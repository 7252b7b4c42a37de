import { readKey } from "@o2mc/runtime/bucket.ts";
import type { DeployedLane, Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { PartitionHealth } from "@o2mc/schema/health/lane-health.ts";
import { BUCKETS, checkpointKey, partitionConsumer, STREAMS } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";

/** One partition as the hub and its owner tell of it. */
export interface PartitionState {
  readonly partition: number;
  /** a worker is pinned to it */
  readonly owned: boolean;
  /** frames that nobody has been given */
  readonly waiting: number;
  /** stream sequence of what was given out last */
  readonly delivered: number;
  /** what its last owner told last */
  readonly report: PartitionHealth | undefined;
}

export interface LaneState {
  readonly lane: DeployedLane;
  readonly partitions: readonly PartitionState[];
}

/** The lanes of what is deployed for one application; none while nothing is. */
export async function readLaneStates(connection: TenantConnection, application: string): Promise<readonly LaneState[]> {
  const entry = await connection.deployments.get(application);
  if (entry?.operation !== "PUT") return [];
  const { lanes } = entry.json<Deployment>();
  return Promise.all(
    lanes.map(async (lane) => ({
      lane,
      partitions: await Promise.all(
        Array.from({ length: lane.partitions }, (_, partition) =>
          readPartition(connection, application, lane.id, partition),
        ),
      ),
    })),
  );
}

async function readPartition(
  { nc, jsm }: TenantConnection,
  application: string,
  lane: string,
  partition: number,
): Promise<PartitionState> {
  const [consumer, stored] = await Promise.all([
    jsm.consumers.info(STREAMS.events, partitionConsumer(application, lane, partition)),
    readKey(nc, BUCKETS.health, checkpointKey(application, lane, partition)),
  ]);
  const groups = (consumer as { readonly priority_groups?: readonly { readonly pinned_client_id?: string }[] })
    .priority_groups;
  return {
    partition,
    owned: groups?.some(({ pinned_client_id: pin }) => pin !== undefined && pin !== "") === true,
    waiting: consumer.num_pending,
    delivered: consumer.delivered.stream_seq,
    report: stored === undefined ? undefined : parseReport(stored.value),
  };
}

/** A worker wrote it, and whoever holds its credential can write anything there: of its own lane. */
function parseReport(value: Uint8Array): PartitionHealth | undefined {
  try {
    const report = JSON.parse(new TextDecoder().decode(value)) as PartitionHealth | null;
    const numbers = [report?.at, report?.revision, report?.frames, report?.events, report?.lagMs];
    const whole =
      numbers.every(Number.isFinite) && Array.isArray(report?.pipelines) && Number.isFinite(report?.state.bytes);
    return whole && report !== null ? report : undefined;
  } catch {
    return undefined;
  }
}
