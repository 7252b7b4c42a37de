import { Migration } from "@mikro-orm/migrations";

const TOKEN_HASH = "nullif(current_setting('app.token_hash', true), '')";

export class Migration0003 extends Migration {
  override up(): void {
    this.addSql("alter table machine_tokens add column last_used_at timestamptz");
    // who presents a token is known by its hash before its tenant is, and leaves a mark of having been there
    this.addSql(
      `create policy bearer_marks on machine_tokens for update using (hash = ${TOKEN_HASH}) with check (hash = ${TOKEN_HASH})`,
    );
  }
}
