import { createHmac } from "node:crypto";
import { removeKey } from "@o2mc/runtime/bucket.ts";
import { seal } from "@o2mc/runtime/sealed.ts";
import type { DestinationConfig, SealedDestination } from "@o2mc/schema/deployment/deployment.ts";
import { BUCKETS, token } from "@o2mc/schema/subjects.ts";
import type { TenantAccount } from "../hub/accounts.ts";
import type { TenantConnection } from "../hub/connection.ts";
import { derive } from "../hub/derive-account.ts";

export interface DestinationSeal {
  readonly tenant: string;
  readonly account: TenantAccount;
  /** deliver's public key */
  readonly recipient: string;
}

/** Puts a destination where only deliver can open it. The same for the same recipient a second time is left alone. */
export async function putDestination(
  { destinations }: Pick<TenantConnection, "destinations">,
  config: DestinationConfig,
  { tenant, account, recipient }: DestinationSeal,
): Promise<void> {
  const key = token(config.id);
  const plain = JSON.stringify(config);
  const context = [tenant, BUCKETS.destinations, key];
  // a box is another one each time; without the key nothing can be guessed from the digest
  const digest = createHmac("sha256", derive(account.seed, "digests of destinations"))
    .update(JSON.stringify([context, recipient, plain]))
    .digest("base64url");
  const entry = await destinations.get(key);
  if (entry?.operation === "PUT" && entry.json<SealedDestination>().digest === digest) return;
  const value: SealedDestination = { ...seal(plain, context, recipient), digest };
  await destinations.put(key, JSON.stringify(value), { previousSeq: entry?.revision ?? 0 });
}

export async function deleteDestination({ destinations, nc }: TenantConnection, destination: string): Promise<void> {
  const entry = await destinations.get(token(destination));
  if (entry?.operation === "PUT") await destinations.purge(token(destination));
  await removeKey(nc, BUCKETS.destinationProblems, token(destination));
}
