import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { WorkerRow } from "../db/entities/worker.ts";
import { asDispatcher, createOrm } from "../db/orm.ts";
import { SecretBox } from "../db/secret.ts";
import { controlPlaneEnv } from "../env.ts";
import type { WorkerScope } from "../hub/worker.ts";
import { enrolWorker } from "../workers/enrol.ts";
import { WorkerRefused } from "../workers/refused.ts";
import { revokeWorker } from "../workers/revoke.ts";

const USAGE = `workers                                list every worker
workers enrol NAME --role ROLE --out FILE   ROLE: edge, process or deliver; every tenant, or those named by
        [--tenant TENANT]…                  --tenant, and of one tenant these lanes of process only
        [--lane APPLICATION/LANE]…          (an application's id and a lane's, as hubCredentials names them)
workers revoke NAME                    for ever; whoever is in is put out`;

const REVOCATION_MS = 30_000;

// With the control plane's own environment.
const env = controlPlaneEnv();
const orm = await createOrm(env.database.url);
try {
  await run(process.argv.slice(2));
} catch (error) {
  if (!isForOperator(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  await orm.close(true);
}

async function run(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      role: { type: "string" },
      tenant: { type: "string", multiple: true },
      lane: { type: "string", multiple: true },
      out: { type: "string" },
      help: { type: "boolean" },
    },
  });
  const [command = "list", name] = positionals;
  if (values.help === true) process.stdout.write(`${USAGE}\n`);
  else if (command === "list" && name === undefined) await list();
  else if (command === "enrol" && name !== undefined) {
    const { success, data: role } = z.enum(["edge", "process", "deliver"]).safeParse(values.role);
    if (!success || values.out === undefined) throw new WorkerRefused(USAGE);
    const scope = scopeOf(values.tenant ?? [], values.lane ?? []);
    const creds = await enrolWorker(orm, new SecretBox(env.secretKey, env.olderSecretKeys), { name, role, scope });
    writeFileSync(values.out, creds, { mode: 0o600, flush: true });
    process.stdout.write(`${name} is enrolled: ${values.out} is its O2MC_NATS_CREDS.\n`);
  } else if (command === "revoke" && name !== undefined) {
    const out = await revokeWorker(orm, name, REVOCATION_MS);
    process.stdout.write(
      out
        ? `${name} is revoked, and out.\n`
        : `${name} is revoked, but NOT out yet: no control plane has told the hub. The next one that runs does.\n`,
    );
    if (!out) process.exitCode = 2;
  } else throw new WorkerRefused(USAGE);
}

function scopeOf(tenants: readonly string[], lanes: readonly string[]): readonly WorkerScope[] | null {
  const [tenant, ...more] = tenants;
  if (lanes.length === 0) return tenant === undefined ? null : tenants.map((each) => ({ tenant: each }));
  if (tenant === undefined || more.length > 0) throw new WorkerRefused("Lanes are of one tenant: name that one.");
  return [{ tenant, lanes }];
}

async function list(): Promise<void> {
  const rows = await asDispatcher(orm, (em) => em.find(WorkerRow, {}, { orderBy: { enrolledAt: "asc" } }));
  for (const { name, role, scope, enrolledAt, endedAt, outAt } of rows) {
    const what = scope?.map(({ tenant, lanes }) => [tenant, ...(lanes ?? [])].join(" ")).join(", ") ?? "*";
    const state = endedAt === null ? "works" : outAt === null ? "revoked, not out yet" : `out ${outAt.toISOString()}`;
    process.stdout.write(`${[name, role, what, `enrolled ${enrolledAt.toISOString()}`, state].join("\t")}\n`);
  }
}

function isForOperator(error: unknown): error is Error {
  if (error instanceof WorkerRefused) return true;
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
