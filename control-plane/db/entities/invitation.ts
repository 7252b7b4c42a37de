import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";
import type { Role } from "../../auth/actions.ts";

@Entity({ tableName: "invitations" })
export class InvitationRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  /** lower case */
  @Property({ type: "text" })
  email!: string;

  @Property({ type: "json" })
  roles!: readonly Role[];

  /** lower-case hex SHA-256 of the secret, which is shown once and works once */
  @Property({ type: "text" })
  hash!: string;

  @Property({ type: "text" })
  invitedBy!: string;

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();

  @Property({ type: "datetime" })
  expiresAt!: Date;

  @Property({ type: "datetime", nullable: true })
  acceptedAt: Date | null = null;

  @Property({ type: "text", nullable: true })
  acceptedBy: string | null = null;

  @Property({ type: "datetime", nullable: true })
  revokedAt: Date | null = null;
}
