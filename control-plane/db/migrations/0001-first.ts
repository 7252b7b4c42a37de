import { Migration } from "@mikro-orm/migrations";

const TENANT = "nullif(current_setting('app.tenant', true), '')";
const DISPATCHER = "current_setting('app.dispatcher', true) = 'on'";
const TOKEN_HASH = "nullif(current_setting('app.token_hash', true), '')";

const TABLES = `
create table tenants (
  id text primary key,
  name text not null,
  subject_salt text not null,
  account_key text,
  account_seed text,
  created_at timestamptz not null
);
create table applications (
  id text primary key,
  tenant text not null references tenants (id) on delete cascade,
  slug text not null,
  name text not null,
  partitions integer not null check (partitions between 1 and 64),
  revision integer not null,
  created_at timestamptz not null,
  unique (tenant, id),
  unique (tenant, slug)
);
create table policies (
  id text primary key,
  tenant text not null,
  application text not null,
  version integer not null,
  purposes jsonb not null,
  fields jsonb not null,
  published_by text not null,
  published_at timestamptz not null,
  unique (application, version),
  foreign key (tenant, application) references applications (tenant, id) on delete cascade
);
create table sources (
  id text primary key,
  tenant text not null,
  application text not null,
  name text not null,
  kind text not null check (kind in ('rest', 'web')),
  consent_mode text not null check (consent_mode in ('subject', 'owner')),
  origins jsonb not null,
  granted boolean not null,
  grant_purposes jsonb not null,
  created_at timestamptz not null,
  unique (tenant, id),
  unique (application, name),
  foreign key (tenant, application) references applications (tenant, id) on delete cascade
);
create table source_keys (
  id text primary key,
  tenant text not null,
  source text not null,
  hash text not null unique,
  public_key text,
  created_at timestamptz not null,
  revoked_at timestamptz,
  foreign key (tenant, source) references sources (tenant, id) on delete cascade
);
create table pipelines (
  id text primary key,
  tenant text not null,
  application text not null,
  name text not null,
  draft jsonb,
  draft_authors jsonb not null,
  published_version integer,
  created_at timestamptz not null,
  unique (tenant, id),
  unique (application, name),
  foreign key (tenant, application) references applications (tenant, id) on delete cascade
);
create table pipeline_versions (
  id text primary key,
  tenant text not null,
  pipeline text not null,
  version integer not null,
  definition jsonb not null,
  outputs jsonb not null,
  since integer not null,
  published_by text not null,
  published_at timestamptz not null,
  unique (pipeline, version),
  foreign key (tenant, pipeline) references pipelines (tenant, id) on delete cascade
);
create table approvals (
  id text primary key,
  tenant text not null,
  pipeline text not null,
  lane text not null,
  approved_by text not null,
  approved_at timestamptz not null,
  unique (pipeline, lane),
  foreign key (tenant, pipeline) references pipelines (tenant, id) on delete cascade
);
create table destinations (
  id text primary key,
  tenant text not null references tenants (id) on delete cascade,
  name text not null,
  kind text not null check (kind in ('postgres', 'webhook', 'file')),
  options text not null,
  revision integer not null,
  created_at timestamptz not null,
  unique (tenant, id),
  unique (tenant, name)
);
create table deliveries (
  id text primary key,
  tenant text not null,
  application text not null,
  pipeline text not null,
  output text not null,
  destination text not null,
  created_at timestamptz not null,
  unique (pipeline, output, destination),
  foreign key (tenant, application) references applications (tenant, id) on delete cascade,
  foreign key (tenant, pipeline) references pipelines (tenant, id) on delete cascade,
  foreign key (tenant, destination) references destinations (tenant, id)
);
create table machine_tokens (
  id text primary key,
  tenant text not null references tenants (id) on delete cascade,
  name text not null,
  hash text not null unique,
  scopes jsonb not null,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create table audit_log (
  id bigint generated always as identity primary key,
  tenant text not null,
  at timestamptz not null,
  actor text not null,
  action text not null,
  target text not null,
  details jsonb not null
);
create index audit_log_tenant on audit_log (tenant, id);
create table outbox (
  id bigint generated always as identity primary key,
  tenant text not null,
  application text,
  kind text not null check (kind in ('deployment', 'tenant', 'destination')),
  payload jsonb not null,
  created_at timestamptz not null,
  attempts integer not null,
  done_at timestamptz,
  last_error text
);
create index outbox_open on outbox (id) where done_at is null;`;

const TENANT_COLUMN = [
  "applications",
  "policies",
  "sources",
  "source_keys",
  "pipelines",
  "pipeline_versions",
  "approvals",
  "destinations",
  "deliveries",
  "machine_tokens",
  "audit_log",
  "outbox",
];

const POLICIES = [
  `create policy tenant_rows on tenants using (id = ${TENANT}) with check (id = ${TENANT})`,
  ...TENANT_COLUMN.map(
    (table) => `create policy tenant_rows on ${table} using (tenant = ${TENANT}) with check (tenant = ${TENANT})`,
  ),
  // the dispatcher serves every tenant's outbox; it acts on a row inside that row's tenant
  `create policy dispatcher_reads on tenants for select using (${DISPATCHER})`,
  `create policy dispatcher_reads on outbox for select using (${DISPATCHER})`,
  `create policy dispatcher_marks on outbox for update using (${DISPATCHER}) with check (${DISPATCHER})`,
  `create policy dispatcher_clears on outbox for delete using (${DISPATCHER})`,
  // who presents a token is known by its hash before its tenant is
  `create policy bearer_reads on machine_tokens for select using (hash = ${TOKEN_HASH})`,
];

const NOTIFY = `
create function outbox_notify() returns trigger language plpgsql as $$
begin
  perform pg_notify('outbox', new.id::text);
  return null;
end $$;
create trigger outbox_notify after insert on outbox for each row execute function outbox_notify();`;

export class Migration0001 extends Migration {
  override up(): void {
    this.addSql(TABLES);
    for (const table of ["tenants", ...TENANT_COLUMN]) {
      this.addSql(`alter table ${table} enable row level security`);
      this.addSql(`alter table ${table} force row level security`);
    }
    for (const policy of POLICIES) this.addSql(policy);
    this.addSql(NOTIFY);
  }
}
