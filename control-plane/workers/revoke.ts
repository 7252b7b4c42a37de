import { setTimeout as sleep } from "node:timers/promises";
import { WorkerRow } from "../db/entities/worker.ts";
import { asDispatcher, type Orm } from "../db/orm.ts";
import { WorkerRefused } from "./refused.ts";

const POLL_MS = 200;

/**
 * Revokes a worker for ever. True once the hub has put it out, which a running control plane sees to at once; false when none
 * has within `waitMs`: the next one does.
 */
export async function revokeWorker(orm: Orm, name: string, waitMs: number): Promise<boolean> {
  await asDispatcher(orm, async (em) => {
    const row = await em.findOne(WorkerRow, { name });
    if (row === null) throw new WorkerRefused(`There is no worker ${name}.`);
    row.endedAt ??= new Date();
    await em.flush();
  });
  const until = Date.now() + waitMs;
  for (;;) {
    const row = await asDispatcher(orm, (em) => em.findOneOrFail(WorkerRow, { name }));
    if (row.outAt !== null) return true;
    if (Date.now() >= until) return false;
    await sleep(POLL_MS);
  }
}
