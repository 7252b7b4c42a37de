import { isDeepStrictEqual } from "node:util";
import type { DataPlaneRole } from "@o2mc/schema/subjects.ts";
import { TenantRow } from "../db/entities/tenant.ts";
import { WorkerRow } from "../db/entities/worker.ts";
import { asDispatcher, type Orm } from "../db/orm.ts";
import { secretContext, type SecretBox } from "../db/secret.ts";
import { newTenantAccount } from "../hub/accounts.ts";
import { directoryCreds, type WorkerScope } from "../hub/worker.ts";
import { toWorker } from "./load.ts";
import { WorkerRefused } from "./refused.ts";

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const LANE = /^[A-Za-z0-9_+-]{1,128}\/[A-Za-z0-9_+-]{1,128}$/;

interface Enrolment {
  readonly name: string;
  readonly role: DataPlaneRole;
  readonly scope: readonly WorkerScope[] | null;
}

/**
 * Enrols a worker; resolves with its creds file, with which it gets in once the control plane has told the hub. A worker that is
 * enrolled just so gets another file: its copies share one enrolment.
 */
export async function enrolWorker(orm: Orm, secrets: SecretBox, enrolment: Enrolment): Promise<string> {
  const { name, role, scope } = enrolment;
  check(enrolment);
  const row = await asDispatcher(orm, async (em) => {
    const there = await em.findOne(WorkerRow, { name });
    if (there !== null) {
      if (there.endedAt !== null)
        throw new WorkerRefused(`${name} is revoked and never comes back: take another name.`);
      if (there.role === role && isDeepStrictEqual(there.scope, scope)) return there;
      throw new WorkerRefused(`${name} is enrolled already, for another role or other tenants: take another name.`);
    }
    const known = new Set((await em.find(TenantRow, {})).map(({ id }) => id));
    for (const { tenant } of scope ?? []) {
      if (!known.has(tenant)) throw new WorkerRefused(`There is no tenant ${tenant}.`);
    }
    const worker = new WorkerRow();
    worker.name = name;
    worker.role = role;
    worker.scope = scope;
    worker.accountSeed = secrets.seal(newTenantAccount().seed, secretContext.worker(name));
    em.persist(worker);
    await em.flush();
    return worker;
  });
  return directoryCreds(toWorker(row, secrets));
}

function check({ name, role, scope }: Enrolment): void {
  if (!NAME.test(name)) {
    throw new WorkerRefused("A worker's name has up to 63 lower-case letters, digits and hyphens, no hyphen in front.");
  }
  if (scope?.length === 0) throw new WorkerRefused("A worker serves one tenant at least.");
  for (const { lanes } of scope ?? []) {
    if (lanes === undefined) continue;
    if (role !== "process") throw new WorkerRefused(`Lanes are for process: ${role} serves whole tenants.`);
    for (const lane of lanes) if (!LANE.test(lane)) throw new WorkerRefused(`${lane} is not APPLICATION/LANE.`);
  }
}
