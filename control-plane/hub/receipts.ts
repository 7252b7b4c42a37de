import type { StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import { receiptSubject, receiptSubjects, STREAMS } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";
import { readStored } from "./read-stored.ts";

/** A receipt and its place in the stream. */
export interface ReceiptAt {
  readonly stored: StoredReceipt;
  readonly seq: number;
}

export interface SubjectReceipts {
  /** oldest first */
  readonly receipts: readonly ReceiptAt[];
  /** place of the subject's newest; 0 = there is none */
  readonly newest: number;
}

/** a page of the chain is some megabytes at most */
const PAGE = 2_000;

/** The newest `most` receipts of a subject, of those before a place in the stream. No more than these are in memory. */
export async function readSubjectReceipts(
  connection: TenantConnection,
  application: string,
  subjectKey: string,
  { most, before = Infinity }: { readonly most: number; readonly before?: number | undefined },
): Promise<SubjectReceipts> {
  const receipts: ReceiptAt[] = [];
  let newest = 0;
  await readStored(connection, STREAMS.receipts, receiptSubject(application, subjectKey), (message) => {
    newest = message.seq;
    if (message.seq >= before) return;
    receipts.push({ stored: message.json<StoredReceipt>(), seq: message.seq });
    if (receipts.length > most) receipts.shift();
  });
  return { receipts, newest };
}

/** All of a subject's receipts, oldest first. */
export async function readReceipts(
  connection: TenantConnection,
  application: string,
  subjectKey: string,
): Promise<readonly StoredReceipt[]> {
  const { receipts } = await readSubjectReceipts(connection, application, subjectKey, { most: Infinity });
  return receipts.map(({ stored }) => stored);
}

/** An application's chain as it is in the hub now, oldest first, a page at a time: whoever takes it may be slow. */
export async function* receiptPages(
  connection: TenantConnection,
  application: string,
): AsyncGenerator<readonly StoredReceipt[]> {
  const subject = receiptSubjects(application);
  const { state } = await connection.jsm.streams.info(STREAMS.receipts);
  let last = 0;
  for (;;) {
    const page: StoredReceipt[] = [];
    await readStored(
      connection,
      STREAMS.receipts,
      subject,
      (message) => {
        last = message.seq;
        if (last <= state.last_seq) page.push(message.json<StoredReceipt>());
      },
      { after: last, most: PAGE },
    );
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
  }
}
