import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

@Entity({ tableName: "machine_tokens" })
export class MachineTokenRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  name!: string;

  /** lower-case hex SHA-256 of the token; the token itself is shown once and not kept */
  @Property({ type: "text" })
  hash!: string;

  /** of the secret before the last rotation, good until `previousUntil` */
  @Property({ type: "text", nullable: true })
  previousHash: string | null = null;

  @Property({ type: "datetime", nullable: true })
  previousUntil: Date | null = null;

  /** names of actions (`auth/actions.ts`) */
  @Property({ type: "json" })
  scopes!: readonly string[];

  @Property({ type: "text" })
  createdBy!: string;

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();

  @Property({ type: "datetime" })
  expiresAt!: Date;

  @Property({ type: "datetime", nullable: true })
  revokedAt: Date | null = null;

  /** to the minute */
  @Property({ type: "datetime", nullable: true })
  lastUsedAt: Date | null = null;
}
