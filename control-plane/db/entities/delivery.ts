import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

/** One output of a pipeline that goes to one destination. */
@Entity({ tableName: "deliveries" })
export class DeliveryRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  application!: string;

  @Property({ type: "text" })
  pipeline!: string;

  @Property({ type: "text" })
  output!: string;

  @Property({ type: "text" })
  destination!: string;

  /** who may not approve it */
  @Property({ type: "text" })
  createdByPerson!: string;

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();
}
