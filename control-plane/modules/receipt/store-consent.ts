import { randomUUID } from "node:crypto";
import { makeReceipt } from "@o2mc/schema/consent/receipt.ts";
import { currentPolicy, findApplication } from "../../api/find.ts";
import { invalid } from "../../api/input.ts";
import type { ChangeScope } from "../../api/scope.ts";
import { ApiError } from "../../errors/api-error.ts";
import { subjectKeyOf } from "../subject/subject-key.ts";

/** What a privacy officer takes down in a subject's name, by letter or telephone say; no purposes = a withdrawal. */
export async function storeForSubject(
  scope: ChangeScope,
  application: string,
  subject: string,
  purposes: readonly string[],
  wordingId?: string,
): Promise<string> {
  const { em, tenant, actor, services, audit } = scope;
  await findApplication(em, application);
  const policy = await currentPolicy(em, application);
  if (policy === null) throw new ApiError("POLICY_MISSING");
  const unknown = purposes.find((name) => !policy.purposes.some((purpose) => purpose.name === name));
  if (unknown !== undefined) throw invalid("purposes", "name one that the policy does not have");
  const wording = policy.wordings.find(({ id }) => id === wordingId);
  if (wordingId !== undefined && wording === undefined) throw invalid("wording", "is not one of the policy's");
  const receipt = makeReceipt(policy, {
    id: randomUUID(),
    tenant,
    application,
    subjectKey: await subjectKeyOf(scope, subject),
    purposes,
    policyVersion: policy.version,
    wording,
    at: Date.now(),
    collection: { method: "support", by: actor.id, optedOut: [] },
  });
  await services.hub.storeConsent(tenant, receipt);
  // the receipt, not the subject: the log outlives an erasure
  audit(`consent.${receipt.event.kind}`, receipt.id, { application, purposes });
  return receipt.id;
}
