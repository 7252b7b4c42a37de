import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

/** A site that a web source has claimed: one source of all tenants, since the edge finds a page's source by its origin. */
@Entity({ tableName: "site_origins" })
export class SiteOriginRow {
  @PrimaryKey({ type: "text" })
  origin!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  source!: string;
}
