import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

@Entity({ tableName: "sources" })
export class SourceRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  application!: string;

  @Property({ type: "text" })
  name!: string;

  @Property({ type: "text" })
  kind!: "rest" | "web";

  @Property({ type: "text" })
  consentMode!: "subject" | "owner";

  /** its events' claims become stored consent */
  @Property({ type: "boolean" })
  consentAuthority: Opt<boolean> = false;

  @Property({ type: "json" })
  origins!: readonly string[];

  /** the owner's grant; a new source has none */
  @Property({ type: "boolean" })
  granted: Opt<boolean> = false;

  @Property({ type: "json" })
  grantPurposes: Opt<readonly string[]> = [];

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();
}
