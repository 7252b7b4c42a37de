import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import { readConsentState } from "@o2mc/schema/consent/read-state.ts";
import type { StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";
import { consentKey, STREAMS, token } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";
import { parseDeadLetter } from "./parse-dead-letter.ts";
import { readReceipts } from "./receipts.ts";
import { readStored } from "./read-stored.ts";

/** What the hub holds of one subject in one application, and the control plane can read. */
export interface SubjectData {
  /** null = nothing is stored */
  readonly consent: ConsentState | null;
  readonly receipts: readonly StoredReceipt[];
  readonly deadLetters: readonly DeadLetter[];
}

export async function readSubjectData(
  connection: TenantConnection,
  application: string,
  subjectKey: string,
): Promise<SubjectData> {
  const entry = await connection.consent.get(consentKey(application, subjectKey));
  const deadLetters: DeadLetter[] = [];
  await readStored(connection, STREAMS.dead, `dead.${token(application)}.>`, (message) => {
    const letter = parseDeadLetter(message.data);
    if (letter?.subjectKey === subjectKey) deadLetters.push(letter);
  });
  return {
    consent: entry?.operation === "PUT" ? readConsentState(entry.value) : null,
    receipts: await readReceipts(connection, application, subjectKey),
    deadLetters,
  };
}
