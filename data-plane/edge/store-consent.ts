import { consentStore } from "@o2mc/runtime/consent-store.ts";
import type { ConsentReceipt } from "@o2mc/schema/consent/receipt.ts";
import { Problem } from "./problem.ts";
import type { TenantEdge } from "./tenant-edge.ts";

/**
 * Stores it with its proof; at this edge it counts at once. Throws a Problem: the sender has to repeat it. `if-unchanged`:
 * not when something else has been stored than this edge knows of, a withdrawal say.
 */
export async function storeConsent(
  { tenant: { nats }, consent }: TenantEdge,
  receipt: ConsentReceipt,
  when: "always" | "if-unchanged" = "always",
): Promise<void> {
  const { application, subjectKey } = receipt;
  const after = when === "always" ? undefined : consent.revision(application, subjectKey);
  try {
    await consentStore(nats).store(receipt, after, ({ key, state, revision }) => consent.learn(key, state, revision));
  } catch (cause) {
    throw new Problem("hub-unavailable", { cause });
  }
}
