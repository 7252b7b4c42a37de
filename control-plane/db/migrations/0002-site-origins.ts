import { Migration } from "@mikro-orm/migrations";

const TENANT = "nullif(current_setting('app.tenant', true), '')";

/** Row-level security hides other tenants' rows, and yet a primary key is one for all of them. */
const TABLE = `
create table site_origins (
  origin text primary key,
  tenant text not null,
  source text not null,
  foreign key (tenant, source) references sources (tenant, id) on delete cascade
);
create index site_origins_source on site_origins (source);`;

/** Where two sources have one origin already, the older one gets it. */
const CLAIM = `
insert into site_origins (origin, tenant, source)
select origin, tenant, sources.id
from sources, jsonb_array_elements_text(origins) as origin
where kind = 'web'
order by created_at, sources.id
on conflict do nothing`;

export class Migration0002 extends Migration {
  override up(): void {
    this.addSql(TABLE);
    // the owner too sees no tenant's rows but without this
    this.addSql("alter table sources no force row level security");
    this.addSql(CLAIM);
    this.addSql("alter table sources force row level security");
    this.addSql("alter table site_origins enable row level security");
    this.addSql("alter table site_origins force row level security");
    this.addSql(`create policy tenant_rows on site_origins using (tenant = ${TENANT}) with check (tenant = ${TENANT})`);
  }
}
