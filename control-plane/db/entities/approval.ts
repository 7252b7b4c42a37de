import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

/** A privacy officer's permission for one pipeline to use one set of purposes. */
@Entity({ tableName: "approvals" })
export class ApprovalRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  pipeline!: string;

  /** `laneId(purposes)` */
  @Property({ type: "text" })
  lane!: string;

  @Property({ type: "text" })
  approvedBy!: string;

  @Property({ type: "datetime" })
  approvedAt: Opt<Date> = new Date();
}
