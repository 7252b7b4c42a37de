import { Migration } from "@mikro-orm/migrations";

const TENANT = "nullif(current_setting('app.tenant', true), '')";

const TABLES = `
create table members (
  id text primary key,
  tenant text not null references tenants (id) on delete cascade,
  subject text not null,
  email text not null,
  roles jsonb,
  claimed jsonb not null,
  state text not null check (state in ('active', 'disabled')),
  created_at timestamptz not null,
  unique (tenant, subject)
);
create table invitations (
  id text primary key,
  tenant text not null references tenants (id) on delete cascade,
  email text not null,
  roles jsonb not null,
  hash text not null unique,
  invited_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by text,
  revoked_at timestamptz
);`;

/**
 * The tenant's row is locked first, so that two owners who remove each other do so one after the other; the second sees what
 * the first did. What the issuer takes from somebody (`claimed`) is not ours to refuse.
 */
const KEEP_OWNER = `
create function members_keep_owner() returns trigger language plpgsql as $$
begin
  if old.state <> 'active' or not coalesce(old.roles, old.claimed) @> '["owner"]' then return null; end if;
  perform 1 from tenants where id = old.tenant for update;
  if not found then return null; end if;
  perform 1 from members
    where tenant = old.tenant and state = 'active' and coalesce(roles, claimed) @> '["owner"]';
  if not found then raise exception 'the last owner' using errcode = 'O2M01'; end if;
  return null;
end $$;
create trigger members_keep_owner after update of state, roles or delete on members
  for each row execute function members_keep_owner();`;

export class Migration0008 extends Migration {
  override up(): void {
    this.addSql(TABLES);
    for (const table of ["members", "invitations"]) {
      this.addSql(`alter table ${table} enable row level security`);
      this.addSql(`alter table ${table} force row level security`);
      this.addSql(`create policy tenant_rows on ${table} using (tenant = ${TENANT}) with check (tenant = ${TENANT})`);
    }
    this.addSql(KEEP_OWNER);
  }
}
