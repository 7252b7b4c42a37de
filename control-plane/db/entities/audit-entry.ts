import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

/**
 * Who changed, read, approved or exported what, from where; the database lets it be written once and read, no more. Each
 * entry carries the hash of the one before it (`db/audit-chain.ts`).
 */
@Entity({ tableName: "audit_log" })
export class AuditEntryRow {
  /** given by the database, in the order of writing */
  @PrimaryKey({ type: "bigint", autoincrement: true })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "datetime" })
  at: Opt<Date> = new Date();

  @Property({ type: "text" })
  actor!: string;

  @Property({ type: "text" })
  action!: string;

  /** id of what was changed */
  @Property({ type: "text" })
  target!: string;

  @Property({ type: "json" })
  details!: Readonly<Record<string, unknown>>;

  /** 1, 2, 3… within the tenant; null before there was a chain */
  @Property({ type: "bigint", nullable: true })
  seq: string | null = null;

  /** hash of the entry before */
  @Property({ type: "text", nullable: true })
  previous: string | null = null;

  @Property({ type: "text", nullable: true })
  hash: string | null = null;

  @Property({ type: "text", nullable: true })
  address: string | null = null;

  @Property({ type: "text", nullable: true })
  userAgent: string | null = null;

  /** the token's id, never the token */
  @Property({ type: "text", nullable: true })
  credential: string | null = null;
}
