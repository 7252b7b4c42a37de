import { Migration } from "@mikro-orm/migrations";

const DISPATCHER = "current_setting('app.dispatcher', true) = 'on'";

/** Credentials per worker: who is enrolled, for what, and who is revoked. */
export class Migration0016 extends Migration {
  override up(): void {
    this.addSql(`create table workers (
      name text primary key,
      role text not null check (role in ('edge', 'process', 'deliver')),
      scope jsonb,
      account_seed text not null,
      enrolled_at timestamptz not null,
      ended_at timestamptz,
      out_at timestamptz
    )`);
    this.addSql("alter table workers enable row level security");
    this.addSql("alter table workers force row level security");
    for (const command of ["select", "update"]) {
      this.addSql(`create policy dispatcher_${command} on workers for ${command} using (${DISPATCHER})`);
    }
    this.addSql(`create policy dispatcher_insert on workers for insert with check (${DISPATCHER})`);
    this.addSql(`create function workers_notify() returns trigger language plpgsql as $$
      begin
        perform pg_notify('outbox', new.name);
        return null;
      end $$`);
    this.addSql(
      "create trigger workers_notify after insert or update of ended_at on workers for each row execute function workers_notify()",
    );
  }
}
