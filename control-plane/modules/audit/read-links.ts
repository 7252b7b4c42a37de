import { AuditEntryRow } from "../../db/entities/audit-entry.ts";
import type { EntityManager } from "../../db/orm.ts";

/** The tenant's chained entries with `after` < seq ≤ `until`, in order, at most `limit`. */
export function readLinks(
  em: EntityManager,
  after: number,
  until: number,
  limit: number,
): Promise<readonly AuditEntryRow[]> {
  const seq = { $gt: String(after), $lte: String(until) };
  return em.find(AuditEntryRow, { seq }, { orderBy: { seq: "asc" }, limit, disableIdentityMap: true });
}

/** seq and hash of the newest entry; null when there is none. */
export async function lastLink(em: EntityManager): Promise<AuditEntryRow | null> {
  const [row] = await em.find(AuditEntryRow, { seq: { $ne: null } }, { orderBy: { seq: "desc" }, limit: 1 });
  return row ?? null;
}
