import { WorkerRow } from "../db/entities/worker.ts";
import { secretContext, type SecretBox } from "../db/secret.ts";
import type { EntityManager } from "../db/orm.ts";
import type { Worker } from "../hub/worker.ts";

/** No user lives longer (`O2MC_CREDENTIAL_SECONDS`, `DIRECTORY_SECONDS`): after this its revocation need not be told any more. */
const REMEMBERED_MS = 31 * 86_400_000;

/** Every worker that the hub must know: those that may work, and those that are revoked. */
export function loadWorkers(em: EntityManager): Promise<WorkerRow[]> {
  const remembered = new Date(Date.now() - REMEMBERED_MS);
  return em.find(WorkerRow, { $or: [{ outAt: null }, { outAt: { $gt: remembered } }] }, { orderBy: { name: "asc" } });
}

export const toWorker = ({ name, role, scope, accountSeed, endedAt }: WorkerRow, secrets: SecretBox): Worker => ({
  name,
  role,
  scope,
  seed: secrets.open(accountSeed, secretContext.worker(name)),
  ended: endedAt !== null,
});
