import "reflect-metadata";
import { MikroORM, type EntityManager } from "@mikro-orm/postgresql";
import { ReflectMetadataProvider } from "@mikro-orm/decorators/legacy";
import { Migrator } from "@mikro-orm/migrations";
import { AlertRow } from "./entities/alert.ts";
import { ApplicationRow } from "./entities/application.ts";
import { ApprovalRow } from "./entities/approval.ts";
import { AuditEntryRow } from "./entities/audit-entry.ts";
import { DeliveryRow } from "./entities/delivery.ts";
import { DestinationRow } from "./entities/destination.ts";
import { ErasurePartRow } from "./entities/erasure-part.ts";
import { ErasureRow } from "./entities/erasure.ts";
import { InvitationRow } from "./entities/invitation.ts";
import { MachineTokenRow } from "./entities/machine-token.ts";
import { MemberRow } from "./entities/member.ts";
import { OutboxRow } from "./entities/outbox.ts";
import { PipelineRow } from "./entities/pipeline.ts";
import { PipelineVersionRow } from "./entities/pipeline-version.ts";
import { PolicyRow } from "./entities/policy.ts";
import { SiteOriginRow } from "./entities/site-origin.ts";
import { SourceKeyRow } from "./entities/source-key.ts";
import { SourceRow } from "./entities/source.ts";
import { TenantRow } from "./entities/tenant.ts";
import { WorkerRow } from "./entities/worker.ts";
import { migrations } from "./migrations/all.ts";

const entities = [
  AlertRow,
  ApplicationRow,
  ApprovalRow,
  AuditEntryRow,
  DeliveryRow,
  DestinationRow,
  ErasurePartRow,
  ErasureRow,
  InvitationRow,
  MachineTokenRow,
  MemberRow,
  OutboxRow,
  PipelineRow,
  PipelineVersionRow,
  PolicyRow,
  SiteOriginRow,
  SourceKeyRow,
  SourceRow,
  TenantRow,
  WorkerRow,
];

export type Orm = MikroORM;
export type { EntityManager };

export function createOrm(databaseUrl: string): Promise<Orm> {
  return MikroORM.init({
    clientUrl: databaseUrl,
    entities,
    metadataProvider: ReflectMetadataProvider,
    extensions: [Migrator],
    migrations: { migrationsList: migrations, snapshot: false, silent: true, tableName: "schema_migrations" },
    forceUtcTimezone: true,
    debug: false,
  });
}

/**
 * Runs `work` in one transaction that sees and writes the rows of `tenantId` only: row-level security reads the tenant
 * from the transaction, and without one there are no rows. A statement that takes longer than `timeoutMs` (0: any time)
 * is cancelled by the database, also while it waits for a lock.
 */
export function inTenant<T>(
  orm: Orm,
  tenantId: string,
  work: (em: EntityManager) => Promise<T>,
  timeoutMs = 0,
): Promise<T> {
  return withSetting(orm, "app.tenant", tenantId, work, timeoutMs);
}

/** Runs `work` in one transaction that sees every tenant's outbox rows, the list of tenants and the workers, and nothing else. */
export function asDispatcher<T>(orm: Orm, work: (em: EntityManager) => Promise<T>): Promise<T> {
  return withSetting(orm, "app.dispatcher", "on", work);
}

/** Runs `work` in one transaction that sees the machine token with this hash, of whichever tenant, and nothing else. */
export function withTokenHash<T>(orm: Orm, hash: string, work: (em: EntityManager) => Promise<T>): Promise<T> {
  return withSetting(orm, "app.token_hash", hash, work);
}

/** Runs `work` in one transaction that sees the sessions that have ended, and nothing else. */
export function asSignOuts<T>(orm: Orm, work: (em: EntityManager) => Promise<T>): Promise<T> {
  return withSetting(orm, "app.sign_outs", "on", work);
}

function withSetting<T>(
  orm: Orm,
  name: string,
  value: string,
  work: (em: EntityManager) => Promise<T>,
  timeoutMs = 0,
): Promise<T> {
  return orm.em.fork().transactional(async (em) => {
    await em.execute("select set_config(?, ?, true), set_config('statement_timeout', ?, true)", [
      name,
      value,
      String(timeoutMs),
    ]);
    return work(em);
  });
}
