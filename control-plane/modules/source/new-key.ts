import { randomBytes } from "node:crypto";
import { newId } from "../../api/ids.ts";
import { hashOf } from "../../auth/machine-token.ts";
import { SourceKeyRow } from "../../db/entities/source-key.ts";
import type { SourceRow } from "../../db/entities/source.ts";
import type { EntityManager } from "../../db/orm.ts";

/** Gives the source one more write key; only its hash is kept, except for a web source, whose key stands in its pages. */
export function addKey(em: EntityManager, source: SourceRow): { keyId: string; writeKey: string } {
  const writeKey = `wk_${randomBytes(24).toString("base64url")}`;
  const keyId = newId("key");
  em.create(SourceKeyRow, {
    id: keyId,
    tenant: source.tenant,
    source: source.id,
    hash: hashOf(writeKey),
    publicKey: source.kind === "web" ? writeKey : null,
  });
  return { keyId, writeKey };
}
