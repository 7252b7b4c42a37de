import { ReceiptLog } from "@o2mc/runtime/receipt-log.ts";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { ConsentReceipt, StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import { consentKey, receiptSubject, receiptSubjects, STREAMS } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";
import { readStored } from "./read-stored.ts";

const logs = new WeakMap<TenantConnection, ReceiptLog>();

/** The receipts of an application, or of one of its subjects, as they are in the hub, oldest first. */
export async function readReceipts(
  connection: TenantConnection,
  application: string,
  subjectKey?: string,
): Promise<readonly StoredReceipt[]> {
  const subject = subjectKey === undefined ? receiptSubjects(application) : receiptSubject(application, subjectKey);
  const receipts: StoredReceipt[] = [];
  await readStored(connection, STREAMS.receipts, subject, (message) => receipts.push(message.json<StoredReceipt>()));
  return receipts;
}

/**
 * Makes it the subject's stored consent, with its receipt. Consent counts only once its proof is stored; a withdrawal
 * counts at once, and is repeated by its sender when the proof could not be stored.
 */
export async function storeConsent(connection: TenantConnection, receipt: ConsentReceipt): Promise<void> {
  let log = logs.get(connection);
  if (log === undefined) logs.set(connection, (log = new ReceiptLog(connection.nc)));
  const state: ConsentState = {
    purposes: receipt.purposes.map(({ name }) => name),
    policyVersion: receipt.policyVersion,
    givenAt: Date.parse(receipt.event.at),
    receipt: receipt.id,
  };
  const put = () => connection.consent.put(consentKey(receipt.application, receipt.subjectKey), JSON.stringify(state));
  if (receipt.event.kind === "withdrawn") await put();
  await log.append(receipt);
  if (receipt.event.kind === "given") await put();
}
