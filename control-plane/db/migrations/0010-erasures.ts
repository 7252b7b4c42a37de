import { Migration } from "@mikro-orm/migrations";

const TENANT = "nullif(current_setting('app.tenant', true), '')";

const TABLES = `
create table erasures (
  id text primary key,
  tenant text not null,
  application text not null,
  subject_key text not null,
  requested_by text not null,
  created_at timestamptz not null,
  done_at timestamptz,
  unique (tenant, id),
  foreign key (tenant, application) references applications (tenant, id) on delete cascade
);
create index erasures_application on erasures (application, created_at, id);
create table erasure_parts (
  id text primary key,
  tenant text not null,
  erasure text not null,
  kind text not null,
  state text not null check (state in ('open', 'waiting', 'done')),
  attempts integer not null,
  last_error text,
  receipt jsonb,
  created_at timestamptz not null,
  due_at timestamptz not null,
  done_at timestamptz,
  unique (erasure, kind),
  foreign key (tenant, erasure) references erasures (tenant, id) on delete cascade
);`;

export class Migration0010 extends Migration {
  override up(): void {
    this.addSql(TABLES);
    for (const table of ["erasures", "erasure_parts"]) {
      this.addSql(`alter table ${table} enable row level security`);
      this.addSql(`alter table ${table} force row level security`);
      this.addSql(`create policy tenant_rows on ${table} using (tenant = ${TENANT}) with check (tenant = ${TENANT})`);
    }
    this.addSql("alter table outbox drop constraint outbox_kind_check");
    this.addSql(`alter table outbox add constraint outbox_kind_check
      check (kind in ('deployment', 'tenant', 'destination', 'erasure'))`);
  }
}
