import { Migration } from "@mikro-orm/migrations";

/**
 * An approval names all that a pipeline may do, destinations included; who adds one may not approve it. Approvals of the
 * old form say too little to be taken over: what they let run is asked for anew.
 */
export class Migration0007 extends Migration {
  override up(): void {
    this.addSql("truncate approvals");
    this.addSql(`alter table approvals
      drop constraint approvals_pipeline_lane_key,
      drop column lane,
      drop column approved_by,
      drop column approved_at,
      add column use jsonb not null,
      add column state text not null check (state in ('asked', 'approved', 'revoked')),
      add column asked_by text,
      add column asked_by_person text,
      add column decided_by text,
      add column decided_at timestamptz,
      add column created_at timestamptz not null`);
    this.addSql("create index approvals_pipeline on approvals (pipeline)");
    this.addSql("alter table deliveries add column created_by_person text not null default ''");
    this.addSql("alter table pipeline_versions add column authors jsonb not null default '[]'");
    this.addSql("alter table destinations add column purposes jsonb");
  }
}
