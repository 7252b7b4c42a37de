import { RECEIPTS_SOURCE, type ReceiptField } from "@o2mc/schema/consent/receipt-fields.ts";
import type { StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { partitionOf } from "@o2mc/schema/events/partition.ts";
import type { ApplicationPlan } from "./plan.ts";
import type { EventRow } from "./read-event.ts";

/**
 * A receipt as an event of the policy's `receipt.…` fields. It is about the proof, not the person: its key is made of the
 * subject's and is none itself (no HMAC has its length), so that neither a withdrawal nor an erasure takes away what proves
 * them (GDPR art. 7(1), 17(3)(b)), and nothing can be stored under it. A subject's receipts stay in one partition.
 */
export function receiptRow({ deployment: { policy } }: ApplicationPlan, stored: StoredReceipt): EventRow {
  const { receipt, hash } = stored;
  const { event, collection, purposes, notice } = receipt;
  const at = Date.parse(event.at);
  const ends = purposes.map(({ validUntil }) => Date.parse(validUntil));
  const values: Readonly<Record<ReceiptField, Scalar>> = {
    "receipt.id": receipt.id,
    "receipt.subjectKey": receipt.subjectKey,
    "receipt.decision": event.kind,
    "receipt.purposes": purposes.map(({ name }) => name).join(","),
    "receipt.policyVersion": receipt.policyVersion,
    "receipt.means": collection.method,
    "receipt.by": collection.by,
    "receipt.at": at,
    "receipt.validUntil": ends.length === 0 ? null : Math.min(...ends),
    "receipt.wording": notice?.id ?? null,
    "receipt.wordingHash": notice?.hash ?? null,
    "receipt.language": notice?.language ?? null,
    "receipt.hash": hash,
  };
  const cells = new Map<string, Scalar>(Object.entries(values));
  const key = `r-${receipt.subjectKey}`;
  return {
    id: receipt.id,
    type: `consent.${event.kind}`,
    time: at,
    source: RECEIPTS_SOURCE,
    subject: { key, partition: (partitions) => partitionOf(key, partitions) },
    values: policy.fields.map(({ path }) => cells.get(path) ?? null),
  };
}
