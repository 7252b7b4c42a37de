import pg from "pg";

const RETRY_MS = 1_000;

/**
 * Calls `notify` with what each committed transaction says on the channel, over a connection of its own, and with nothing
 * whenever it has begun to listen: what was said before that is in the tables. Returns what ends it.
 */
export function listen(databaseUrl: string, channel: string, notify: (payload?: string) => void): () => Promise<void> {
  let ended = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  const open = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: databaseUrl, application_name: `o2mc-${channel}`, keepAlive: true });
    client = next;
    const again = (): void => {
      if (ended || client !== next) return;
      client = undefined;
      void next.end().catch(() => undefined);
      timer = setTimeout(() => void open(), RETRY_MS).unref();
    };
    next
      .on("error", again)
      .on("end", again)
      .on("notification", ({ payload }) => notify(payload ?? ""));
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
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
