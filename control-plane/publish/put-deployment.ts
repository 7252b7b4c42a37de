import type { KV } from "@nats-io/kv";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { readKey, writeKey } from "@o2mc/runtime/bucket.ts";
import { nullWhenMissing } from "../hub/streams.ts";
import { BUCKETS, laneKey, receiptsConsumer, STREAMS, token } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "../hub/connection.ts";
import { ensureConsentCopy, removeConsentCopy } from "../hub/consent-copy.ts";
import { ensureConsumers, removeConsumers } from "../hub/consumers.ts";
import { laneDeployment } from "./lane-deployment.ts";

/**
 * Makes the data plane run a deployment. Consumers and lanes' accounts come first, so that no frame finds none; then each
 * lane's part, so that process knows what the edge cuts for; the document is one put, so that edge and deliver see one
 * revision; what nobody needs any more goes last. Repeating it does no harm, and an older revision never replaces a newer one.
 */
export async function putDeployment(
  { nc, jsm, deployments }: TenantConnection,
  deployment: Deployment,
  lanes: LaneDoors,
): Promise<void> {
  const key = token(deployment.application);
  const entry = await deployments.get(key);
  const there = entry?.operation === "PUT" ? entry.json<Deployment>() : undefined;
  if (there !== undefined && there.revision > deployment.revision) return;
  await ensureConsumers(jsm, deployment);
  await ensureConsentCopy(jsm, deployment.application);
  await lanes.openLanes(deployment);
  for (const lane of deployment.lanes) {
    const value = JSON.stringify(laneDeployment(deployment, lane));
    const laneKeyed = laneKey(deployment.application, lane.id);
    const stored = await readKey(nc, BUCKETS.lanes, laneKeyed);
    if (stored !== undefined && new TextDecoder().decode(stored.value) === value) continue;
    await writeKey(nc, BUCKETS.lanes, laneKeyed, value);
  }
  // refused when another control plane was faster: then the whole is tried again
  await putIfOther(deployments, key, JSON.stringify(deployment));
  await lanes.closeLanes(deployment);
  await removeConsumers(jsm, deployment);
}

/** Lets process into lanes, and out of those that a deployment no longer has. */
export interface LaneDoors {
  openLanes(deployment: Deployment): Promise<void>;
  closeLanes(deployment: Pick<Deployment, "application" | "lanes">): Promise<void>;
}

/** Takes an application's deployment away, with all that waits for it. */
export async function deleteDeployment(
  { jsm, deployments }: TenantConnection,
  application: string,
  lanes: Pick<LaneDoors, "closeLanes">,
): Promise<void> {
  const key = token(application);
  const entry = await deployments.get(key);
  if (entry?.operation === "PUT") await deployments.delete(key);
  await lanes.closeLanes({ application, lanes: [] });
  await removeConsumers(jsm, { application, lanes: [], deliveries: [] });
  await removeConsentCopy(jsm, application);
  await jsm.consumers.delete(STREAMS.receipts, receiptsConsumer(application)).catch(nullWhenMissing);
}

async function putIfOther(bucket: KV, key: string, value: string): Promise<void> {
  const entry = await bucket.get(key);
  if (entry?.operation === "PUT" && entry.string() === value) return;
  await bucket.put(key, value, { previousSeq: entry?.revision ?? 0 });
}
