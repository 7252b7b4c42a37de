import { readKey } from "@o2mc/runtime/bucket.ts";
import type { KeyUse } from "@o2mc/schema/deployment/key-use.ts";
import { BUCKETS, keyUseKey } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";

/** When each write key was used last, as the edge has noted it; one that never was is absent. */
export async function keysUsedAt(
  { nc }: TenantConnection,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, Date>> {
  const found = await Promise.all(hashes.map(async (hash) => [hash, await usedAt(nc, hash)] as const));
  return new Map(found.filter((entry): entry is [string, Date] => entry[1] !== undefined));
}

async function usedAt(nc: TenantConnection["nc"], hash: string): Promise<Date | undefined> {
  const stored = await readKey(nc, BUCKETS.keyUses, keyUseKey(hash));
  if (stored === undefined) return undefined;
  const { at } = JSON.parse(new TextDecoder().decode(stored.value)) as Partial<KeyUse>;
  return typeof at === "number" && Number.isFinite(at) ? new Date(at) : undefined;
}
