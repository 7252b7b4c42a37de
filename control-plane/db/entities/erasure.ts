import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

/** That a subject is to be erased from an application. The subject itself is named nowhere. */
@Entity({ tableName: "erasures" })
export class ErasureRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  application!: string;

  @Property({ type: "text" })
  subjectKey!: string;

  @Property({ type: "text" })
  requestedBy!: string;

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();

  /** every part is done */
  @Property({ type: "datetime", nullable: true })
  doneAt: Date | null = null;
}
