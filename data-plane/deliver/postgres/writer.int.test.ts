import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { conformance, OUTPUT, START } from "../testkit/conformance.ts";
import { type TestDatabase, startDatabase } from "../testkit/database.ts";
import { outgoingTo } from "../testkit/outgoing.ts";
import { postgresKind } from "./factory.ts";

let database: TestDatabase;
let reader: Client;

const open = (output = OUTPUT, change: Record<string, unknown> = {}) =>
  postgresKind.open(
    { ...database.options, schema: "wh", table: "sessions", tls: false, ...change },
    { delivery: "d1", output, outgoing: outgoingTo() },
  ).destination;

beforeAll(async () => {
  database = await startDatabase();
  reader = new Client(database.options);
  await reader.connect();
});
afterAll(async () => {
  await reader?.end();
  await database?.stop();
});

conformance("postgres", () => ({
  open: () => open(),
  openUnreachable: () => open(OUTPUT, { port: 1 }),
  ids: async () =>
    (await reader.query<{ result_id: string }>("select result_id from wh.sessions")).rows.map((r) => r.result_id),
  badRow: { id: "bad", values: ["nul \u0000 byte", 1, 1, true, START] },
}));

test("the table has the output's types and the row its values", async () => {
  const destination = open();
  await destination.connect();
  await destination.write({ id: "m", first: 1, last: 1, rows: [{ id: "v1", values: ["/x", 0.1, 7, false, START] }] });
  await destination.close();
  const { rows } = await reader.query("select * from wh.sessions where result_id = 'v1'");
  expect(rows).toEqual([
    {
      result_id: "v1",
      subject_key: null,
      page_path: "/x",
      price: 0.1,
      session_events: "7",
      member: false,
      session_start: new Date(START),
    },
  ]);
});

// defect it guards: a table from before there were erasures would refuse every row
test("a table from before gets the subjects' key; an erasure spares the rows that were there without one", async () => {
  await reader.query("create table wh.older (result_id text primary key, page_path text)");
  await reader.query("insert into wh.older values ('old', '/old')");
  const destination = open(OUTPUT, { table: "older" });
  await destination.connect();
  const values = ["/x", 1, 1, true, START];
  const rows = ["k1", "k2"].map((erasureKey) => ({ id: `of-${erasureKey}`, values, erasureKey }));
  await destination.write({ id: "m", first: 1, last: 1, rows });
  expect(await destination.erase({ id: "e", erasureKey: "k1" })).toEqual({ rows: 1 });
  await destination.close();
  const result = await reader.query("select result_id, subject_key from wh.older order by 1");
  expect(result.rows).toEqual([
    { result_id: "of-k2", subject_key: "k2" },
    { result_id: "old", subject_key: null },
  ]);
});

test("an output about several subjects has no such key", async () => {
  const destination = open({ ...OUTPUT, perSubject: false }, { table: "counts" });
  await destination.connect();
  await destination.write({ id: "m", first: 1, last: 1, rows: [{ id: "c1", values: ["/x", 1, 1, true, START] }] });
  await destination.close();
  expect((await reader.query("select * from wh.counts")).rows[0]).not.toHaveProperty("subject_key");
});

test("an output that gains a column adds it to the table; older rows are null there", async () => {
  const wider = {
    ...OUTPUT,
    columns: [...OUTPUT.columns, { name: "geo.city", type: "string" as const, purposes: [] }],
  };
  const destination = open(wider);
  await destination.connect();
  await destination.write({
    id: "m",
    first: 1,
    last: 1,
    rows: [{ id: "w1", values: ["/x", 1, 1, true, START, "Breda"] }],
  });
  await destination.close();
  const { rows } = await reader.query(
    "select result_id, geo_city from wh.sessions where result_id in ('v1', 'w1') order by 1",
  );
  expect(rows).toEqual([
    { result_id: "v1", geo_city: null },
    { result_id: "w1", geo_city: "Breda" },
  ]);
});

test("a second row with one id in one batch replaces the first", async () => {
  const destination = open();
  await destination.connect();
  const rows = ["/old", "/new"].map((path) => ({ id: "x1", values: [path, 1, 1, true, START] }));
  await destination.write({ id: "m", first: 1, last: 1, rows });
  await destination.close();
  const result = await reader.query("select page_path from wh.sessions where result_id = 'x1'");
  expect(result.rows).toEqual([{ page_path: "/new" }]);
});

test("a table that is dropped under a live connection is made again at the next attempt", async () => {
  const destination = open(OUTPUT, { table: "dropped" });
  await destination.connect();
  await reader.query("drop table wh.dropped");
  const batch = { id: "m", first: 1, last: 1, rows: [{ id: "y1", values: ["/y", 1, 1, true, START] }] };
  await expect(destination.write(batch)).rejects.toMatchObject({ code: "42P01" });
  await destination.write(batch);
  await destination.close();
  expect((await reader.query("select result_id from wh.dropped")).rows).toEqual([{ result_id: "y1" }]);
});

test("a wrong password and a missing database are the environment's fault", async () => {
  await expect(open(OUTPUT, { password: "wrong" }).connect()).rejects.toMatchObject({ code: "postgres.28P01" });
  await expect(open(OUTPUT, { database: "nowhere" }).connect()).rejects.toMatchObject({ code: "postgres.3D000" });
});
