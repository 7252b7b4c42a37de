import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";
import type { DestinationKind } from "@o2mc/schema/destinations/destinations.ts";

@Entity({ tableName: "destinations" })
export class DestinationRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  name!: string;

  @Property({ type: "text" })
  kind!: DestinationKind;

  /** sealed JSON of `DestinationConfig.options`: one key, the kind; secrets included */
  @Property({ type: "text" })
  options!: string;

  /** what it uses data for; null = whatever the pipelines that it gets results of are for */
  @Property({ type: "json", nullable: true })
  purposes: readonly string[] | null = null;

  /** rises by one at each change */
  @Property({ type: "integer" })
  revision: Opt<number> = 1;

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();
}
