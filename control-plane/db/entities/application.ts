import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

@Entity({ tableName: "applications" })
export class ApplicationRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  slug!: string;

  @Property({ type: "text" })
  name!: string;

  @Property({ type: "integer" })
  partitions!: number;

  /** revision of the deployment that the data plane should run; rises with each `enqueueDeployment` */
  @Property({ type: "integer" })
  revision: Opt<number> = 0;

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();
}
