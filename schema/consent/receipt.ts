import { createHash } from "node:crypto";
import { canonicalJson } from "../canonical-json.ts";
import type { LegalBasis, Policy, Wording } from "./policy.ts";

export const RECEIPT_SCHEMA = "o2mc/consent-receipt/1 (ISO/IEC TS 27560:2023)";

/**
 * Proof that a subject gave or withdrew consent, with the information items of ISO/IEC TS 27560: header, parties,
 * notice, purposes, event. It never holds the subject itself, only the key that the tenant's secret makes of it.
 */
export interface ConsentReceipt {
  readonly schema: typeof RECEIPT_SCHEMA;
  readonly id: string;
  readonly application: string;
  /** `subjectKey`: HMAC of the subject under the tenant's key */
  readonly subjectKey: string;
  /** who answers for the processing */
  readonly controller: { readonly tenant: string; readonly name: string };
  /** whose law it is; "" = the policy does not say */
  readonly jurisdiction: string;
  /** version of the policy; its words stand with the purposes */
  readonly policyVersion: number;
  /** all that was asked for, with the words shown; empty when consent was withdrawn as a whole */
  readonly purposes: readonly ReceiptPurpose[];
  /** which of the policy's texts was shown; null = who collected it did not say; receipts from before wordings have none */
  readonly notice?: ReceiptNotice | null;
  readonly collection: Collection;
  readonly event: { readonly kind: "given" | "withdrawn"; /** RFC 3339 */ readonly at: string };
}

export interface ReceiptNotice {
  /** of the wording in the policy of this version */
  readonly id: string;
  readonly language: string;
  /** `wordingHash`: the text can be shown from the policy, or from elsewhere, and proven to be it */
  readonly hash: string;
}

export interface ReceiptPurpose {
  readonly name: string;
  /** as it was shown; without a notice the policy's own description */
  readonly wording: string;
  readonly legalBasis: LegalBasis;
  readonly lifetimeDays: number;
  /** RFC 3339; then it is expired */
  readonly validUntil: string;
}

/** How consent was collected. */
export interface Collection {
  /**
   * `web` and `rest`: stored at the edge, through that kind of source; `event`: claimed by an event of a source that is an
   * authority on consent; `support`: by a person in the subject's name, through GraphQL
   */
  readonly method: "web" | "rest" | "event" | "support";
  /** source, or who acted */
  readonly by: string;
  /** purposes that were asked for and that a signal of the subject denied */
  readonly optedOut: readonly string[];
}

/** Value in `STREAMS.receipts`. */
export interface StoredReceipt {
  readonly receipt: ConsentReceipt;
  /** hash of the application's receipt before this one; "" for the first */
  readonly previous: string;
  /** `receiptHash(receipt, previous)` */
  readonly hash: string;
}

export interface ReceiptFacts {
  readonly id: string;
  readonly tenant: string;
  readonly application: string;
  readonly subjectKey: string;
  readonly purposes: readonly string[];
  readonly policyVersion: number;
  /** what the subject was shown, where that is known */
  readonly wording?: Wording | undefined;
  /** epoch ms */
  readonly at: number;
  readonly collection: Collection;
}

/** Hex SHA-256 over the wording's canonical JSON. */
export const wordingHash = (wording: Wording): string =>
  createHash("sha256").update(canonicalJson(wording)).digest("hex");

/** The receipt of what was said under `policy`; without purposes that is a withdrawal. */
export function makeReceipt(policy: Policy, facts: ReceiptFacts): ConsentReceipt {
  const { id, tenant, application, subjectKey, purposes, policyVersion, wording, at, collection } = facts;
  const shown = (name: string): string | undefined => wording?.purposes.find((one) => one.name === name)?.text;
  const until = (days: number): string => new Date(at + days * 86_400_000).toISOString();
  return {
    schema: RECEIPT_SCHEMA,
    id,
    application,
    subjectKey,
    controller: { tenant, name: policy.controller ?? "" },
    jurisdiction: policy.jurisdiction ?? "",
    policyVersion,
    purposes: policy.purposes
      .filter(({ name }) => purposes.includes(name))
      .map(({ name, description, legalBasis, lifetimeDays }) => {
        return { name, wording: shown(name) ?? description, legalBasis, lifetimeDays, validUntil: until(lifetimeDays) };
      }),
    notice: wording === undefined ? null : { id: wording.id, language: wording.language, hash: wordingHash(wording) },
    collection,
    event: { kind: purposes.length === 0 ? "withdrawn" : "given", at: new Date(at).toISOString() },
  };
}

/** Hex SHA-256 over the hash before and the receipt as it was written. */
export function receiptHash(receipt: ConsentReceipt, previous: string): string {
  return createHash("sha256")
    .update(`${previous}\n${JSON.stringify(receipt)}`)
    .digest("hex");
}

/**
 * Walks a chain from its beginning, or from the receipt with the hash `start`, one receipt after the other: false when
 * the receipt is not what was written after the one before it.
 */
export function followChain(start = ""): (stored: StoredReceipt) => boolean {
  let previous = start;
  return (stored) => {
    const whole = stored.previous === previous && stored.hash === receiptHash(stored.receipt, previous);
    previous = stored.hash;
    return whole;
  };
}

/** The index of the first receipt that is not what was written after the one before it; -1 = the chain is whole. */
export function brokenLink(chain: readonly StoredReceipt[], start = ""): number {
  const whole = followChain(start);
  return chain.findIndex((stored) => !whole(stored));
}
