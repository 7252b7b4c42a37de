import { LockMode } from "@mikro-orm/core";
import { DestinationRow } from "./entities/destination.ts";
import { TenantRow } from "./entities/tenant.ts";
import { WorkerRow } from "./entities/worker.ts";
import { asDispatcher, inTenant, type EntityManager, type Orm } from "./orm.ts";
import { secretContext, type SecretBox } from "./secret.ts";

/**
 * Seals everything anew that an older key has sealed; returns how many values that were. One transaction a tenant and one for the workers, with the
 * rows locked, so that it may run beside the control plane, which has to know the new key already.
 */
export async function rotateSecrets(orm: Orm, secrets: SecretBox): Promise<number> {
  const tenants = await asDispatcher(orm, (em) => em.find(TenantRow, {}, { fields: ["id"] }));
  let rotated = await asDispatcher(orm, (em) => rotateWorkers(em, secrets));
  for (const { id } of tenants) rotated += await inTenant(orm, id, (em) => rotateTenant(em, secrets));
  return rotated;
}

async function rotateWorkers(em: EntityManager, secrets: SecretBox): Promise<number> {
  const rows = await em.find(WorkerRow, {}, { lockMode: LockMode.PESSIMISTIC_WRITE });
  const old = rows.filter(({ accountSeed }) => !secrets.isCurrent(accountSeed));
  for (const row of old) {
    const context = secretContext.worker(row.name);
    row.accountSeed = secrets.seal(secrets.open(row.accountSeed, context), context);
  }
  await em.flush();
  return old.length;
}

async function rotateTenant(em: EntityManager, secrets: SecretBox): Promise<number> {
  let rotated = 0;
  const anew = (sealed: string, context: string): string => {
    if (secrets.isCurrent(sealed)) return sealed;
    rotated++;
    return secrets.seal(secrets.open(sealed, context), context);
  };
  const lockMode = LockMode.PESSIMISTIC_WRITE;
  for (const row of await em.find(TenantRow, {}, { lockMode })) {
    row.subjectSalt = anew(row.subjectSalt, secretContext.subjectSalt(row.id));
    if (row.accountSeed !== null) row.accountSeed = anew(row.accountSeed, secretContext.accountSeed(row.id));
  }
  for (const row of await em.find(DestinationRow, {}, { lockMode })) {
    row.options = anew(row.options, secretContext.destination(row.tenant, row.id));
  }
  await em.flush();
  return rotated;
}
