import { canonicalJson } from "@o2mc/schema/canonical-json.ts";
import type { Signer } from "../../auth/signer.ts";
import type { Head } from "../../db/audit-chain.ts";

/** The end of a tenant's audit log at one moment, signed: who keeps it can show later whether the log still holds it. */
export interface SignedHead {
  readonly tenant: string;
  readonly seq: number;
  readonly hash: string;
  /** ISO 8601 */
  readonly signedAt: string;
  readonly keyId: string;
  /** base64 Ed25519 over the canonical JSON of tenant, seq, hash and signedAt */
  readonly signature: string;
}

export function signHead(signer: Signer, tenant: string, { seq, hash }: Head): SignedHead {
  const content = { tenant, seq, hash, signedAt: new Date().toISOString() };
  return { ...content, keyId: signer.keyId, signature: signer.sign(signedText(content)) };
}

/** What the signature is over. */
export function signedText({ tenant, seq, hash, signedAt }: Omit<SignedHead, "keyId" | "signature">): string {
  return canonicalJson({ tenant, seq, hash, signedAt });
}
