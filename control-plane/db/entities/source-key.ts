import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

/** A write key of a source; valid until `expiresAt`, or until `revokedAt` is set. */
@Entity({ tableName: "source_keys" })
export class SourceKeyRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  source!: string;

  /** lower-case hex SHA-256 of the key */
  @Property({ type: "text" })
  hash!: string;

  /** the key itself for a web source, whose key is public: it stands in every page; null for the others */
  @Property({ type: "text", nullable: true })
  publicKey: string | null = null;

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();

  /** null = none */
  @Property({ type: "datetime", nullable: true })
  expiresAt: Date | null = null;

  @Property({ type: "datetime", nullable: true })
  revokedAt: Date | null = null;
}
