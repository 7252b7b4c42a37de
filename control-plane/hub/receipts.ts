import type { StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import { receiptSubject, receiptSubjects, STREAMS } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";
import { readStored } from "./read-stored.ts";

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
