import { Migration } from "@mikro-orm/migrations";

const SIGN_OUTS = "current_setting('app.sign_outs', true) = 'on'";

const TABLE = `
create table sign_outs (
  jti text primary key,
  sid text,
  sub text,
  at timestamptz not null,
  stored_at timestamptz not null default now(),
  check (sid is not null or sub is not null)
);
create index on sign_outs (stored_at);`;

/** What the issuer has said of ended sessions; they belong to no tenant. */
export class Migration0015 extends Migration {
  override up(): void {
    this.addSql(TABLE);
    this.addSql("alter table sign_outs enable row level security");
    this.addSql("alter table sign_outs force row level security");
    this.addSql(`create policy sign_outs on sign_outs using (${SIGN_OUTS}) with check (${SIGN_OUTS})`);
  }
}
