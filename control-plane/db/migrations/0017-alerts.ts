import { Migration } from "@mikro-orm/migrations";

const TENANT = "nullif(current_setting('app.tenant', true), '')";

export class Migration0017 extends Migration {
  override up(): void {
    this.addSql(`create table alerts (
      id text primary key,
      tenant text not null,
      application text not null,
      kind text not null check (kind in ('lane-stalled', 'source-silent')),
      target text not null,
      raised_at timestamptz not null,
      ended_at timestamptz,
      acknowledged_at timestamptz,
      acknowledged_by text,
      unique (tenant, id),
      foreign key (tenant, application) references applications (tenant, id) on delete cascade
    )`);
    // several control planes look at the same lanes: the first raises it
    this.addSql("create unique index alerts_open on alerts (tenant, application, kind, target) where ended_at is null");
    this.addSql("create index alerts_application on alerts (application, raised_at, id)");
    this.addSql("alter table alerts enable row level security");
    this.addSql("alter table alerts force row level security");
    this.addSql(`create policy tenant_rows on alerts using (tenant = ${TENANT}) with check (tenant = ${TENANT})`);
  }
}
