import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

/** Who changed what; the database lets it be written once and read, no more. */
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
}
