import type { FieldDeclaration } from "./policy.ts";

/** The source that receipts come from as events; no source of a tenant's own has such an id. */
export const RECEIPTS_SOURCE = "consent";

/** What a receipt is for a pipeline: an event of the type `consent.given` or `consent.withdrawn`, with these below `data`. */
const RECEIPT_FIELDS = [
  ["receipt.id", "string", "of the receipt"],
  ["receipt.subjectKey", "string", "what the tenant's key makes of the subject"],
  ["receipt.decision", "string", "given or withdrawn"],
  ["receipt.purposes", "string", "the purposes that consent was given to, with commas between"],
  ["receipt.policyVersion", "integer", "of the policy that it was given under"],
  ["receipt.means", "string", "web, rest, event or support"],
  ["receipt.by", "string", "the source that collected it, or who took it down"],
  ["receipt.at", "timestamp", "when consent was given or withdrawn"],
  ["receipt.validUntil", "timestamp", "when the first of the purposes expires; null after a withdrawal"],
  ["receipt.wording", "string", "id of the text that was shown; null where that is not known"],
  ["receipt.wordingHash", "string", "its hash"],
  ["receipt.language", "string", "its language"],
  ["receipt.hash", "string", "of the receipt in its chain"],
] as const;

export type ReceiptField = (typeof RECEIPT_FIELDS)[number][0];

/** Declares them for the purpose that receipts are processed for, and for no other: a policy has them by naming it. */
export function withReceiptFields(fields: readonly FieldDeclaration[], purpose: string): readonly FieldDeclaration[] {
  const own = fields.filter(({ path }) => !RECEIPT_FIELDS.some(([name]) => name === path));
  const declared = RECEIPT_FIELDS.map(([path, type, description]) => ({
    path,
    type,
    description,
    purposes: [purpose],
  }));
  return [...own, ...declared];
}
