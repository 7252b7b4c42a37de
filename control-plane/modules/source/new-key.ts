import { randomBytes } from "node:crypto";
import { newId } from "../../api/ids.ts";
import { invalid } from "../../api/input.ts";
import { hashOf } from "../../auth/machine-token.ts";
import { SourceKeyRow } from "../../db/entities/source-key.ts";
import type { SourceRow } from "../../db/entities/source.ts";
import type { EntityManager } from "../../db/orm.ts";

const MAX_LIFETIME_MS = 10 * 366 * 24 * 3600 * 1000;

/**
 * Gives the source one more write key, good until `expiresAt` if that is given; only its hash is kept, except for a web
 * source, whose key stands in its pages.
 * Throws INVALID_INPUT for an end that is over or too far away.
 */
export function addKey(
  em: EntityManager,
  source: SourceRow,
  expiresAt: Date | null,
): { keyId: string; writeKey: string } {
  const lifetime = expiresAt === null ? 1 : expiresAt.getTime() - Date.now();
  if (lifetime <= 0 || lifetime > MAX_LIFETIME_MS) throw invalid("keyExpiresAt", "must be within the next ten years");
  const writeKey = `wk_${randomBytes(24).toString("base64url")}`;
  const keyId = newId("key");
  em.create(SourceKeyRow, {
    id: keyId,
    tenant: source.tenant,
    source: source.id,
    hash: hashOf(writeKey),
    expiresAt,
    publicKey: source.kind === "web" ? writeKey : null,
  });
  return { keyId, writeKey };
}
