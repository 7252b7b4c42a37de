import type { ConsentReceipt } from "./receipt.ts";

/**
 * What has become of a receipt's consent: the event state of ISO/IEC TS 27560. That time passes is nobody's act, so it
 * leaves no receipt of its own: a receipt says until when it is valid, and whoever reads it later sees that it has expired.
 */
export type ReceiptState = "given" | "withdrawn" | "superseded" | "invalidated" | "expired";

interface Now {
  /** epoch ms */
  readonly now: number;
  /** of the policy in force */
  readonly policyVersion: number;
  /** the subject's newest receipt */
  readonly newest: boolean;
}

/** A receipt of given consent is expired when it is for every purpose; one that is not yet has `validUntil`. */
export function receiptState(receipt: ConsentReceipt, { now, policyVersion, newest }: Now): ReceiptState {
  if (receipt.event.kind === "withdrawn") return "withdrawn";
  if (!newest) return "superseded";
  if (receipt.policyVersion !== policyVersion) return "invalidated";
  return receipt.purposes.every(({ validUntil }) => Date.parse(validUntil) <= now) ? "expired" : "given";
}
