import { Migration } from "@mikro-orm/migrations";

/** Kinds are the schema's to name (`schema/destinations`): a new one needs no migration. */
export class Migration0004 extends Migration {
  override up(): void {
    this.addSql("alter table destinations drop constraint destinations_kind_check");
  }
}
