import { OutboxRow } from "../db/entities/outbox.ts";
import { asDispatcher, type Orm } from "../db/orm.ts";

/** Resolves when the hub has all that was published. */
export async function dispatched(orm: Orm): Promise<void> {
  const open = () => asDispatcher(orm, (em) => em.count(OutboxRow, { doneAt: null }));
  while ((await open()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
}
