import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { ReceiptLog } from "@o2mc/runtime/receipt-log.ts";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { ConsentReceipt, StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import { consentKey, receiptSubject, receiptSubjects, STREAMS } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";

const READER_IDLE_MS = 10_000;
const FETCH = 1_000;

const logs = new WeakMap<TenantConnection, ReceiptLog>();

/** The receipts of an application, or of one of its subjects, as they are in the hub, oldest first. */
export async function readReceipts(
  { jsm, js }: TenantConnection,
  application: string,
  subjectKey?: string,
): Promise<readonly StoredReceipt[]> {
  const { name, num_pending } = await jsm.consumers.add(STREAMS.receipts, {
    filter_subject: subjectKey === undefined ? receiptSubjects(application) : receiptSubject(application, subjectKey),
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    inactive_threshold: nanos(READER_IDLE_MS),
    mem_storage: true,
  });
  const receipts: StoredReceipt[] = [];
  try {
    const consumer = await js.consumers.get(STREAMS.receipts, name);
    while (receipts.length < num_pending) {
      const wanted = Math.min(FETCH, num_pending - receipts.length);
      const before = receipts.length;
      const messages = await consumer.fetch({ max_messages: wanted, expires: READER_IDLE_MS });
      for await (const message of messages) receipts.push(message.json<StoredReceipt>());
      if (receipts.length === before) throw new Error("the hub does not hand out the receipts");
    }
  } finally {
    await jsm.consumers.delete(STREAMS.receipts, name).catch(() => undefined);
  }
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
