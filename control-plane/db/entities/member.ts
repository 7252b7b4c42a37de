import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";
import type { Role } from "../../auth/actions.ts";

/** A person of a tenant; made when they come the first time. The database keeps one active owner (`members_keep_owner`). */
@Entity({ tableName: "members" })
export class MemberRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  /** as in their tokens' `sub` */
  @Property({ type: "text" })
  subject!: string;

  @Property({ type: "text" })
  email!: string;

  /** given by an owner; null: those that the issuer claims count */
  @Property({ type: "json", nullable: true })
  roles: readonly Role[] | null = null;

  /** what the issuer claimed when they last came */
  @Property({ type: "json" })
  claimed!: readonly Role[];

  @Property({ type: "text" })
  state: Opt<"active" | "disabled"> = "active";

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();
}
