import { createHmac } from "node:crypto";
import { TenantRow } from "../../db/entities/tenant.ts";
import { secretContext } from "../../db/secret.ts";
import { invalid } from "../../api/input.ts";
import type { Scope } from "../../api/scope.ts";

const MAX_SUBJECT = 512;
const KEY_LENGTH = 22;

/** The key of a subject in the hub: what the edge makes of it too (`Deployment.subjectSalt`). */
export async function subjectKeyOf(
  { em, tenant, services }: Pick<Scope, "em" | "tenant" | "services">,
  subject: string,
): Promise<string> {
  if (subject === "" || subject.length > MAX_SUBJECT || /[\0\r\n]/.test(subject) || !subject.isWellFormed()) {
    throw invalid("subject", `must have 1 to ${MAX_SUBJECT} characters without NUL, CR, LF or half a surrogate pair`);
  }
  const { subjectSalt } = await em.findOneOrFail(TenantRow, { id: tenant });
  const salt = Buffer.from(services.secrets.open(subjectSalt, secretContext.subjectSalt(tenant)), "hex");
  return createHmac("sha256", salt).update(subject).digest("base64url").slice(0, KEY_LENGTH);
}
