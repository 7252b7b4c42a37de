import { createHash, randomBytes } from "node:crypto";
import { MachineTokenRow } from "../db/entities/machine-token.ts";
import { withTokenHash, type Orm } from "../db/orm.ts";
import { ApiError } from "../errors/api-error.ts";
import type { Actor } from "./actor.ts";

const PREFIX = "o2mc_";

export const isMachineToken = (token: string): boolean => token.startsWith(PREFIX);

export const newMachineToken = (): string => PREFIX + randomBytes(32).toString("base64url");

/** What is stored of a token or write key. 256 random bits need no salt and no slow hash. */
export const hashOf = (credential: string): string => createHash("sha256").update(credential).digest("hex");

/** A write for each request of a busy program would cost more than the request. */
const LAST_USED_STEP_MS = 60_000;

/** Throws UNAUTHENTICATED for an unknown, expired or revoked token; notes that a valid one was used. */
export async function machineActor(orm: Orm, token: string): Promise<Actor> {
  const hash = hashOf(token);
  const row = await withTokenHash(orm, hash, async (em) => {
    const now = Date.now();
    const previous = { previousHash: hash, previousUntil: { $gt: new Date(now) } };
    const found = await em.findOne(MachineTokenRow, { $or: [{ hash }, previous] });
    if (found === null || found.revokedAt !== null || found.expiresAt.getTime() <= now) return null;
    if (now - (found.lastUsedAt?.getTime() ?? 0) >= LAST_USED_STEP_MS) {
      await em.nativeUpdate(MachineTokenRow, { id: found.id }, { lastUsedAt: new Date(now) });
    }
    return found;
  });
  if (row === null) throw new ApiError("UNAUTHENTICATED");
  return {
    kind: "machine",
    id: `token:${row.id}`,
    name: row.name,
    person: row.createdBy,
    tenant: row.tenant,
    credential: row.id,
    expiresAt: row.expiresAt.getTime(),
    scopes: row.scopes,
  };
}
