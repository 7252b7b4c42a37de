import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";
import type { PipelineUse } from "@o2mc/schema/pipeline/use.ts";

export type ApprovalState = "asked" | "approved" | "revoked";

/** What a pipeline is to be permitted to do, as it was asked for, and whether a privacy officer has permitted it. */
@Entity({ tableName: "approvals" })
export class ApprovalRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  pipeline!: string;

  @Property({ type: "json" })
  use!: PipelineUse;

  @Property({ type: "text" })
  state!: ApprovalState;

  /** null = nobody asked: an officer approved of their own accord */
  @Property({ type: "text", nullable: true })
  askedBy: string | null = null;

  /** the person behind `askedBy`, who may not decide */
  @Property({ type: "text", nullable: true })
  askedByPerson: string | null = null;

  @Property({ type: "text", nullable: true })
  decidedBy: string | null = null;

  @Property({ type: "datetime", nullable: true })
  decidedAt: Date | null = null;

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();
}
