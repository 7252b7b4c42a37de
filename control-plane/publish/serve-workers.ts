import type { Logger } from "@o2mc/runtime/log.ts";
import { WorkerRow } from "../db/entities/worker.ts";
import { asDispatcher, type Orm } from "../db/orm.ts";
import type { SecretBox } from "../db/secret.ts";
import type { Hub } from "../hub/hub.ts";
import { servesTenant } from "../hub/worker.ts";
import { toWorker } from "../workers/load.ts";

interface Services {
  readonly orm: Orm;
  readonly secrets: SecretBox;
  readonly hub: Hub;
  readonly log: Logger;
}

/** Enrolled workers get their directory, revoked ones lose it. Resolves with the tenants whose accounts have to be told. */
export async function serveWorkers(
  { secrets, hub, log }: Services,
  rows: readonly WorkerRow[],
  tenants: readonly string[],
): Promise<readonly string[]> {
  const told = await Promise.all(
    rows.map(async (row) => {
      try {
        const worker = toWorker(row, secrets);
        if (!(await hub.serveWorker(worker))) return [];
        log.info({ worker: row.name, role: row.role, ended: worker.ended }, "a worker is told to the hub");
        return tenants.filter((tenant) => servesTenant(worker, tenant));
      } catch (error) {
        log.warn({ err: error, worker: row.name }, "a worker could not be told to the hub; it is tried again");
        return [];
      }
    }),
  );
  return told.flat();
}

/** Notes who is out everywhere: of whom every tenant's accounts have been told. */
export async function noteWhoIsOut(
  { orm, hub, log }: Services,
  rows: readonly WorkerRow[],
  isTold: (tenant: string) => boolean,
  tenants: readonly string[],
): Promise<void> {
  const out = rows.filter(
    (row) =>
      row.endedAt !== null &&
      row.outAt === null &&
      hub.isOut(row.name) &&
      tenants.every((tenant) => !servesTenant(row, tenant) || isTold(tenant)),
  );
  if (out.length === 0) return;
  const names = out.map(({ name }) => name);
  await asDispatcher(orm, (em) => em.nativeUpdate(WorkerRow, { name: { $in: names } }, { outAt: new Date() }));
  log.info({ workers: names }, "revoked workers are out");
}
