import { AuditEntryRow } from "./entities/audit-entry.ts";
import { GENESIS, linkHash } from "./audit-chain.ts";
import type { EntityManager } from "./orm.ts";

export interface AuditRecord {
  readonly actor: string;
  /** a past tense, such as `source.created` */
  readonly action: string;
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly credential: string | null;
}

/** Any number; one kind of lock of ours. */
const LOCK_SPACE = 0x61_75_64;

/**
 * Appends to the tenant's chain. Writers of one tenant wait for one another from here to the end of their transactions, so
 * this comes last in them.
 */
export async function appendAudit(em: EntityManager, tenant: string, records: readonly AuditRecord[]): Promise<void> {
  await em.execute("select pg_advisory_xact_lock(?, hashtext(?))", [LOCK_SPACE, tenant]);
  const [last] = await em.find(
    AuditEntryRow,
    { tenant, seq: { $ne: null } },
    { orderBy: { seq: "desc" }, limit: 1, refresh: true },
  );
  let seq = Number(last?.seq ?? 0);
  let previous = last?.hash ?? GENESIS;
  for (const record of records) {
    seq += 1;
    const at = new Date();
    // as the database will give it back: without undefined, dates as text
    const details = JSON.parse(JSON.stringify(record.details)) as Readonly<Record<string, unknown>>;
    const hash = linkHash({ ...record, details, tenant, seq, at: at.toISOString(), previous });
    em.create(AuditEntryRow, { ...record, details, tenant, seq: String(seq), at, previous, hash });
    previous = hash;
  }
  await em.flush();
}
