import { Migration } from "@mikro-orm/migrations";

/** What subjects are shown, which purpose receipts are processed for, and which sources are an authority on consent. */
export class Migration0011 extends Migration {
  override up(): void {
    this.addSql(`alter table policies
      add column wordings jsonb not null default '[]',
      add column receipts_purpose text not null default ''`);
    this.addSql(`alter table sources
      add column consent_authority boolean not null default false,
      add constraint sources_consent_authority check (not consent_authority or (kind = 'rest' and consent_mode = 'subject'))`);
  }
}
