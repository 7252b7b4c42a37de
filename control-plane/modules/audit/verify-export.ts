import { verify } from "node:crypto";
import { z } from "zod";
import { ChainCheck } from "../../db/audit-chain.ts";
import { signedText } from "./signed-head.ts";

const Entry = z.object({
  tenant: z.string(),
  seq: z.number().int(),
  at: z.string(),
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  details: z.unknown(),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  credential: z.string().nullable(),
  previous: z.string(),
  hash: z.string(),
});

const End = z.object({
  head: z.object({
    tenant: z.string(),
    seq: z.number().int(),
    hash: z.string(),
    signedAt: z.string(),
    keyId: z.string(),
    signature: z.string(),
  }),
  publicKey: z.string(),
});

/**
 * null when an exported log is whole and signed by the key, else the sentence that says what is wrong. `publicKey` (PEM)
 * is to come from elsewhere than the file: a forger would put their own into it.
 */
export async function exportProblem(lines: AsyncIterable<string>, publicKey: string): Promise<string | null> {
  const check = new ChainCheck();
  let number = 0;
  let end: z.infer<typeof End> | null = null;
  const tenants = new Set<string>();
  for await (const line of lines) {
    number += 1;
    if (end !== null) return `line ${number} comes after the signed head`;
    const value = parsed(line);
    const ended = End.safeParse(value);
    if (ended.success) {
      end = ended.data;
      continue;
    }
    const entry = Entry.safeParse(value);
    if (!entry.success) return `line ${number} is no entry`;
    const { hash, ...link } = entry.data;
    tenants.add(link.tenant);
    check.next({ ...link, details: link.details }, hash);
    if (check.broken !== null) return `entry ${check.broken.seq}: ${check.broken.problem}`;
  }
  if (end === null) return "the signed head is missing";
  const { head } = end;
  if (!verify(null, Buffer.from(signedText(head)), publicKey, Buffer.from(head.signature, "base64"))) {
    return "the head is not signed by this key";
  }
  if (head.seq !== check.head.seq || (head.seq > 0 && head.hash !== check.head.hash)) {
    return `entry ${check.head.seq + 1}: missing`;
  }
  tenants.add(head.tenant);
  return tenants.size === 1 ? null : "the entries are of several tenants";
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
