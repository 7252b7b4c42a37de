import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";
import type { FieldDeclaration, Level, Purpose, Wording } from "@o2mc/schema/consent/policy.ts";

/** One published version of an application's consent policy; never changed afterwards. */
@Entity({ tableName: "policies" })
export class PolicyRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  application!: string;

  @Property({ type: "integer" })
  version!: number;

  @Property({ type: "json" })
  purposes!: readonly Purpose[];

  @Property({ type: "json" })
  fields!: readonly FieldDeclaration[];

  @Property({ type: "json" })
  levels: Opt<readonly Level[]> = [];

  @Property({ type: "json" })
  wordings: Opt<readonly Wording[]> = [];

  /** "" = none */
  @Property({ type: "text" })
  receiptsPurpose: Opt<string> = "";

  /** "" = not named */
  @Property({ type: "text" })
  controller: Opt<string> = "";

  /** "" = not named */
  @Property({ type: "text" })
  jurisdiction: Opt<string> = "";

  @Property({ type: "text" })
  publishedBy!: string;

  @Property({ type: "datetime" })
  publishedAt: Opt<Date> = new Date();
}
