import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

/** Something that stands still without anybody having asked it to; at most one of a kind and target is open. */
@Entity({ tableName: "alerts" })
export class AlertRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  application!: string;

  @Property({ type: "text" })
  kind!: "lane-stalled" | "source-silent";

  /** id of the lane or the source */
  @Property({ type: "text" })
  target!: string;

  @Property({ type: "datetime" })
  raisedAt!: Date;

  @Property({ type: "datetime", nullable: true })
  endedAt: Date | null = null;

  @Property({ type: "datetime", nullable: true })
  acknowledgedAt: Date | null = null;

  @Property({ type: "text", nullable: true })
  acknowledgedBy: string | null = null;
}
