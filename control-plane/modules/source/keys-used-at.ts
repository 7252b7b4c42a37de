import type { HubReader } from "../../api/context.ts";
import type { SourceKeyRow } from "../../db/entities/source-key.ts";
import { ApiError } from "../../errors/api-error.ts";

/** When each key was used last, by its hash; none while the hub cannot be read: a list of keys must not need it. */
export async function keysUsedAt(
  hub: HubReader,
  tenant: string,
  keys: readonly SourceKeyRow[],
): Promise<ReadonlyMap<string, Date>> {
  if (keys.length === 0) return new Map();
  try {
    return await hub.keysUsedAt(
      tenant,
      keys.map(({ hash }) => hash),
    );
  } catch (error) {
    if (error instanceof ApiError && error.code === "HUB_UNAVAILABLE") return new Map();
    throw error;
  }
}
