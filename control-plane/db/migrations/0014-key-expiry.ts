import { Migration } from "@mikro-orm/migrations";

export class Migration0014 extends Migration {
  override up(): void {
    this.addSql("alter table source_keys add column expires_at timestamptz");
  }
}
