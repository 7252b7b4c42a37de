import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

export type OutboxKind = "deployment" | "tenant" | "destination" | "erasure" | "revocation";

/**
 * Something that the data plane must be told, written in the transaction that made it true. It says what changed, not
 * what to: the dispatcher reads the current rows, so that a late or repeated dispatch does no harm.
 */
@Entity({ tableName: "outbox" })
export class OutboxRow {
  /** given by the database, in the order of writing */
  @PrimaryKey({ type: "bigint", autoincrement: true })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  /** null for kinds `tenant`, `destination` and `erasure`, and for `revocation` of edge and deliver */
  @Property({ type: "text", nullable: true })
  application: string | null = null;

  @Property({ type: "text" })
  kind!: OutboxKind;

  /** deployment: `{revision}`; destination: `{destination, deleted}`; erasure: `{erasure}`; revocation: `{role}`; tenant: `{}` */
  @Property({ type: "json" })
  payload!: Readonly<Record<string, unknown>>;

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();

  @Property({ type: "integer" })
  attempts: Opt<number> = 0;

  /** dispatched; null = still to do */
  @Property({ type: "datetime", nullable: true })
  doneAt: Date | null = null;

  @Property({ type: "text", nullable: true })
  lastError: string | null = null;
}
