import { consentStore } from "@o2mc/runtime/consent-store.ts";
import { makeReceipt } from "@o2mc/schema/consent/receipt.ts";
import { readReceipts } from "../hub/receipts.ts";
import type { ErasePart } from "./erase-part.ts";

/**
 * A withdrawal with its receipt, like the subject's own. It takes the place of what was stored, and stays: without it an
 * old claim of an event would open the gate again.
 */
export const eraseConsent: ErasePart = async ({ erasure, policy, connection }) => {
  const { id, tenant, application, subjectKey, requestedBy } = erasure;
  const receipts = await readReceipts(connection, application, subjectKey);
  // an attempt whose end was not seen has left it
  let receipt = receipts.find((stored) => stored.receipt.id === id)?.receipt;
  if (receipt === undefined) {
    receipt = makeReceipt(policy, {
      id,
      tenant,
      application,
      subjectKey,
      purposes: [],
      policyVersion: policy.version,
      at: Date.now(),
      collection: { method: "support", by: requestedBy, optedOut: [] },
    });
    await consentStore(connection.nc).store(receipt);
  }
  return { state: "done", receipt: { receipt: receipt.id, withdrawnAt: receipt.event.at } };
};
