import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

export type ErasurePartKind = "consent" | "process" | "destinations" | "dead-letters";

/** `waiting`: begun; what it waits for is others' to do */
export type ErasurePartState = "open" | "waiting" | "done";

/** One place that an erasure has to reach. */
@Entity({ tableName: "erasure_parts" })
export class ErasurePartRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  erasure!: string;

  @Property({ type: "text" })
  kind!: ErasurePartKind;

  @Property({ type: "text" })
  state: Opt<ErasurePartState> = "open";

  /** that failed */
  @Property({ type: "integer" })
  attempts: Opt<number> = 0;

  @Property({ type: "text", nullable: true })
  lastError: string | null = null;

  /** what was done, by who did it */
  @Property({ type: "json", nullable: true })
  receipt: Readonly<Record<string, unknown>> | null = null;

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();

  /** when it is looked at next */
  @Property({ type: "datetime" })
  dueAt: Opt<Date> = new Date();

  @Property({ type: "datetime", nullable: true })
  doneAt: Date | null = null;
}
