import { BUCKETS, token } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";

/** How many subjects of an application have stored something, a withdrawal too. */
export async function countConsents({ jsm }: TenantConnection, application: string): Promise<number> {
  const filter = `$KV.${BUCKETS.consent}.${token(application)}.>`;
  const { state } = await jsm.streams.info(`KV_${BUCKETS.consent}`, { subjects_filter: filter });
  return Object.keys(state.subjects ?? {}).length;
}
