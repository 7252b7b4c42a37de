import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessToken, graphql, subscribe } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { startPlatform, type Platform } from "../../testkit/platform.ts";
import { sharedFile } from "../../testkit/shared.ts";
import { countSessions } from "./count-sessions.ts";

const LOG = sharedFile("apache_access.log");
const expected = countSessions(LOG);

let platform: Platform;
let warehouse: Client;

beforeAll(async () => {
  platform = await startPlatform();
  warehouse = new Client(platform.endpoints.warehouse);
  await warehouse.connect();
});

afterAll(async () => {
  await warehouse?.end();
  await platform?.stop();
});

test("the independent count is the one that the issue names", () => {
  expect(expected).toEqual({ hits: 9999, visitors: 1753, sessions: 3052, longest: 108 });
});

test("a real access log becomes the same sessions in PostgreSQL, file, webhook and subscription, each once", async () => {
  const { endpoints } = platform;
  const token = await accessToken(endpoints, "dev@demo.example");
  const seen: string[] = [];
  const problems: unknown[] = [];
  const unsubscribe = subscribe(
    endpoints,
    token,
    { application: endpoints.demo.application, pipeline: pipelineId("log-sessions"), output: "sessions" },
    (message) => {
      if (message.__typename === "ResultRows") seen.push(...message.rows.map((row) => String(row["id"])));
      else problems.push(message);
    },
    (error) => problems.push(error),
  );

  const sent = await platform.o2mc(["send", LOG, "--format", "combined"]);
  expect(sent.output).toMatch(/9,?999/);
  expect(sent.output).toMatch(/\b8,?899\b/);

  await eventually(
    async () => [...(await warehouseCounts()), fileIds().length, await hookCounts(), seen.length],
    [3052, 108, 3052, [3052, 0], 3052],
    90_000,
  );
  expect(problems).toEqual([]);
  expect(new Set(seen).size).toBe(expected.sessions);
  expect(new Set(fileIds()).size).toBe(expected.sessions);
  await unsubscribe();
});

test("a second tenant sees nothing of the first", async () => {
  const { endpoints } = platform;
  const token = await accessToken(endpoints, "dev@other.example");
  const list = await graphql(endpoints, token, "{ applications(first: 50) { edges { node { id } } } }");
  expect(JSON.stringify(list)).not.toContain(endpoints.demo.application);
  const one = await graphql(endpoints, token, "query ($id: ID!) { application(id: $id) { id name } }", {
    id: endpoints.demo.application,
  });
  expect(one.data?.["application"] ?? null).toBeNull();

  const refused = await new Promise<unknown>((done) => {
    subscribe(
      endpoints,
      token,
      { application: endpoints.demo.application, pipeline: pipelineId("log-sessions"), output: "sessions" },
      (message) => done(message),
      done,
    );
  });
  expect(JSON.stringify(refused)).toMatch(/NOT_FOUND|FORBIDDEN/);
});

function pipelineId(name: string): string {
  const id = platform.endpoints.demo.pipelines[name];
  if (id === undefined) throw new Error(`the demo has no pipeline ${name}`);
  return id;
}

async function warehouseCounts(): Promise<number[]> {
  const table = await warehouse.query<{ schema: string; name: string }>(
    "select table_schema as schema, table_name as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')",
  );
  const [first] = table.rows;
  if (first === undefined) return [0, 0];
  const result = await warehouse.query<{ n: string; longest: string }>(
    `select count(*) as n, max(session_events) as longest from "${first.schema}"."${first.name}"`,
  );
  return [Number(result.rows[0]?.n), Number(result.rows[0]?.longest)];
}

function fileIds(): string[] {
  const folder = platform.endpoints.out;
  return readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl") && !name.startsWith("."))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { id?: string; result_id?: string })
    .map((row) => row.id ?? row.result_id ?? "");
}

async function hookCounts(): Promise<number[]> {
  const body = (await (await fetch(platform.endpoints.hooks)).json()) as {
    ids: number | unknown[];
    rows: number | unknown[];
    duplicates: number;
  };
  const size = (value: number | readonly unknown[]): number => (typeof value === "number" ? value : value.length);
  return [size(body.ids), body.duplicates];
}
