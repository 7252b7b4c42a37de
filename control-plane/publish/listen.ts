import pg from "pg";
import { OUTBOX_CHANNEL } from "../db/outbox.ts";

const RETRY_MS = 1_000;

/** Calls `notify` for every outbox row that is committed, over a connection of its own; returns what ends it. */
export function listen(databaseUrl: string, notify: () => void): () => Promise<void> {
  let ended = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  const open = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: databaseUrl, application_name: "o2mc-outbox" });
    client = next;
    const again = (): void => {
      if (ended || client !== next) return;
      client = undefined;
      void next.end().catch(() => undefined);
      timer = setTimeout(() => void open(), RETRY_MS).unref();
    };
    next.on("error", again).on("end", again).on("notification", notify);
    try {
      await next.connect();
      await next.query(`listen ${OUTBOX_CHANNEL}`);
      // what was committed while nobody listened
      notify();
    } catch {
      again();
    }
  };
  void open();
  return async () => {
    ended = true;
    clearTimeout(timer);
    await client?.end().catch(() => undefined);
  };
}
