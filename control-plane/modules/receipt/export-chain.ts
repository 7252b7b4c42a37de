import { once } from "node:events";
import type { Writable } from "node:stream";
import { canonicalJson } from "@o2mc/schema/canonical-json.ts";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { readOnRecord } from "../../api/scope.ts";

/**
 * Writes an application's chain of receipts up to now as NDJSON: a line for each, then one with the chain's head, its
 * signature and the public key. `begin` is called once nothing can be refused any more; a file without the last line is
 * not whole.
 */
export async function exportChain(context: Context, application: string, begin: () => Writable): Promise<void> {
  const tenant = await readOnRecord(context, "receipt.read", async ({ em, tenant: id, audit }) => {
    await findApplication(em, application);
    audit("receipts.exported", application);
    return id;
  });
  const { hub, signer } = context.services;
  const pages = await hub.receiptPages(tenant, application);
  const out = begin();
  let receipts = 0;
  let hash = "";
  for await (const page of pages) {
    if (out.destroyed) return;
    receipts += page.length;
    hash = page.at(-1)?.hash ?? hash;
    const lines = page.map((stored) => `${JSON.stringify(stored)}\n`).join("");
    if (!out.write(lines)) await Promise.race([once(out, "drain"), once(out, "close")]);
  }
  const head = { tenant, application, receipts, hash, signedAt: new Date().toISOString() };
  const signature = signer.sign(canonicalJson(head));
  out.end(`${canonicalJson({ head, signature, publicKey: signer.publicKey })}\n`);
}
