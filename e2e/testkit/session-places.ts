import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import type { Platform } from "./platform.ts";

/** What is where of the demo's `log-sessions`: rows and distinct ids; `hits`: the events of all sessions together. */
export interface SessionPlaces {
  readonly postgres: { readonly rows: number; readonly longest: number; readonly hits: number };
  readonly files: { readonly rows: number; readonly ids: number };
  readonly webhook: { readonly rows: number; readonly ids: number; readonly duplicates: number };
}

export async function sessionPlaces({ endpoints }: Platform): Promise<SessionPlaces> {
  const ids = fileIds(endpoints.out);
  const webhook = (await (await fetch(endpoints.hooks)).json()) as SessionPlaces["webhook"];
  return {
    postgres: await countRows(endpoints.warehouse),
    files: { rows: ids.length, ids: new Set(ids).size },
    webhook,
  };
}

/** The places when every session is in each once, and every hit in one session once. */
export function allOnce({
  sessions,
  longest,
  hits,
}: {
  readonly sessions: number;
  readonly longest: number;
  readonly hits: number;
}): SessionPlaces {
  return {
    postgres: { rows: sessions, longest, hits },
    files: { rows: sessions, ids: sessions },
    webhook: { rows: sessions, ids: sessions, duplicates: 0 },
  };
}

async function countRows(warehouse: Platform["endpoints"]["warehouse"]): Promise<SessionPlaces["postgres"]> {
  const client = new Client(warehouse);
  await client.connect();
  try {
    const { rows } = await client.query<{ n: string; longest: string | null; hits: string | null }>(
      "select count(*) as n, max(session_events) as longest, sum(session_events) as hits from log_sessions",
    );
    return { rows: Number(rows[0]?.n), longest: Number(rows[0]?.longest), hits: Number(rows[0]?.hits) };
  } catch (error) {
    // made with the first row
    if (error instanceof Error && "code" in error && error.code === "42P01") return { rows: 0, longest: 0, hits: 0 };
    throw error;
  } finally {
    await client.end();
  }
}

function fileIds(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl") && !name.startsWith("."))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { id: string }).id);
}
