import { Migration } from "@mikro-orm/migrations";

export class Migration0013 extends Migration {
  override up(): void {
    this.addSql("alter table outbox drop constraint outbox_kind_check");
    this.addSql(`alter table outbox add constraint outbox_kind_check
      check (kind in ('deployment', 'tenant', 'destination', 'erasure', 'revocation'))`);
  }
}
