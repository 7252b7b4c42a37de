import { Migration } from "@mikro-orm/migrations";

const TOKEN_HASH = "nullif(current_setting('app.token_hash', true), '')";
const PRESENTED = `(hash = ${TOKEN_HASH} or previous_hash = ${TOKEN_HASH})`;

export class Migration0009 extends Migration {
  override up(): void {
    this.addSql(`alter table tenants add column quotas jsonb not null default '{}'`);
    // the secret before the last rotation goes on for a while
    this.addSql(`alter table machine_tokens
      add column previous_hash text unique,
      add column previous_until timestamptz`);
    this.addSql("drop policy bearer_reads on machine_tokens");
    this.addSql("drop policy bearer_marks on machine_tokens");
    this.addSql(`create policy bearer_reads on machine_tokens for select using (${PRESENTED})`);
    this.addSql(
      `create policy bearer_marks on machine_tokens for update using (${PRESENTED}) with check (${PRESENTED})`,
    );
  }
}
