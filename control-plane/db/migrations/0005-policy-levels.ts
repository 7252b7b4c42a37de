import { Migration } from "@mikro-orm/migrations";

/** Named bundles of purposes, and what receipts name: the controller and whose law it is. */
export class Migration0005 extends Migration {
  override up(): void {
    this.addSql(`alter table policies
      add column levels jsonb not null default '[]',
      add column controller text not null default '',
      add column jurisdiction text not null default ''`);
  }
}
