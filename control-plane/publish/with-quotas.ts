import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { Quotas } from "../db/entities/tenant.ts";

/**
 * The deployment with what the data plane keeps of the tenant's quotas. Each of the tenant's `applications` gets the same share
 * of the state, and each of its partitions the same share of that, whatever the others hold: so what is refused follows
 * from a partition's own log, and a replay refuses the same.
 */
export function withQuotas(
  deployment: Deployment,
  { eventsPerSecond, stateBytes }: Quotas,
  applications: number,
): Deployment {
  const limited = eventsPerSecond === undefined ? deployment : { ...deployment, limits: { eventsPerSecond } };
  if (stateBytes === undefined) return limited;
  const partitions = deployment.lanes.reduce((sum, lane) => sum + lane.partitions, 0);
  const share = Math.floor(stateBytes / applications / partitions);
  return { ...limited, lanes: deployment.lanes.map((lane) => ({ ...lane, stateBytes: share })) };
}
