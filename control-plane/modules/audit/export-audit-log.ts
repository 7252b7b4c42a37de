import { once } from "node:events";
import type { Writable } from "node:stream";
import { canonicalJson } from "@o2mc/schema/canonical-json.ts";
import type { Context } from "../../api/context.ts";
import { read, readOnRecord } from "../../api/scope.ts";
import { newDeadline } from "../../api/limits/deadline.ts";
import { toAuditLink } from "./audit-entry.type.ts";
import { lastLink, readLinks } from "./read-links.ts";
import { signHead } from "./signed-head.ts";

const PAGE = 1_000;

/**
 * Writes the tenant's log up to now as NDJSON: a line for each entry with its hash, then one with the signed head and the
 * public key. That it was exported is in it, as its last entry. `begin` is called once nothing can be refused any more.
 */
export async function exportAuditLog(context: Context, begin: () => Writable): Promise<void> {
  const tenant = await readOnRecord(context, "audit.export", ({ tenant: id, audit }) => {
    audit("audit.exported", id);
    return Promise.resolve(id);
  });
  const { signer } = context.services;
  const page = <T>(work: Parameters<typeof read<T>>[2]): Promise<T> =>
    read({ ...context, deadline: newDeadline() }, "audit.export", work);
  const last = await page(({ em }) => lastLink(em));
  const head = { seq: Number(last?.seq ?? 0), hash: last?.hash ?? "" };
  const out = begin();
  for (let after = 0; after < head.seq && !out.destroyed; after += PAGE) {
    const rows = await page(({ em }) => readLinks(em, after, Math.min(after + PAGE, head.seq), PAGE));
    const lines = rows.map((row) => `${canonicalJson({ ...toAuditLink(row), hash: row.hash })}\n`);
    if (!out.write(lines.join(""))) await Promise.race([once(out, "drain"), once(out, "close")]);
  }
  out.end(`${canonicalJson({ head: signHead(signer, tenant, head), publicKey: signer.publicKey })}\n`);
}
