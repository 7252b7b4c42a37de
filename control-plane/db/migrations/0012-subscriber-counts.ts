import { Migration } from "@mikro-orm/migrations";

const TENANT = "nullif(current_setting('app.tenant', true), '')";

/** Unlogged: nothing of it is worth more than the processes that keep it up to date. */
const TABLE = `
create unlogged table subscriber_counts (
  tenant text not null,
  process text not null,
  open integer not null,
  seen_at timestamptz not null,
  primary key (tenant, process)
);`;

/** How many subscriptions each control plane has open for a tenant. */
export class Migration0012 extends Migration {
  override up(): void {
    this.addSql(TABLE);
    this.addSql("alter table subscriber_counts enable row level security");
    this.addSql("alter table subscriber_counts force row level security");
    this.addSql(
      `create policy tenant_rows on subscriber_counts using (tenant = ${TENANT}) with check (tenant = ${TENANT})`,
    );
  }
}
