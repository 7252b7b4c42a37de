import { jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { ReceiptLog } from "@o2mc/runtime/receipt-log.ts";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { ConsentReceipt } from "@o2mc/schema/consent/receipt.ts";
import { BUCKETS, consentKey } from "@o2mc/schema/subjects.ts";
import type { TenantEdge } from "./tenant-edge.ts";

const logs = new WeakMap<NatsConnection, ReceiptLog>();

/**
 * Makes it the subject's stored consent, with its receipt. Consent counts only once its proof is stored; a withdrawal
 * counts at once, and its sender repeats it when the proof could not be stored.
 */
export async function storeConsent({ tenant: { nats }, consent }: TenantEdge, receipt: ConsentReceipt): Promise<void> {
  let log = logs.get(nats);
  if (log === undefined) logs.set(nats, (log = new ReceiptLog(nats)));
  const state: ConsentState = {
    purposes: receipt.purposes.map(({ name }) => name),
    policyVersion: receipt.policyVersion,
    givenAt: Date.parse(receipt.event.at),
    receipt: receipt.id,
  };
  const key = consentKey(receipt.application, receipt.subjectKey);
  const put = async (): Promise<void> => {
    const { seq } = await jetstream(nats).publish(`$KV.${BUCKETS.consent}.${key}`, JSON.stringify(state));
    consent.learn(key, state, seq);
  };
  if (receipt.event.kind === "withdrawn") await put();
  await log.append(receipt);
  if (receipt.event.kind === "given") await put();
}
