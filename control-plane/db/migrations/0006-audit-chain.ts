import { Migration } from "@mikro-orm/migrations";

/** Entries from before stay as they are: outside the chain, and older than its first link. */
export class Migration0006 extends Migration {
  override up(): void {
    this.addSql(`alter table audit_log
      add column seq bigint,
      add column previous text,
      add column hash text,
      add column address text,
      add column user_agent text,
      add column credential text`);
    this.addSql("create unique index audit_log_seq on audit_log (tenant, seq)");
  }
}
