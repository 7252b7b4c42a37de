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

/** The indexes that begin with the key; `valid` = whole. */
async function subjectIndexes(table: string): Promise<readonly { readonly name: string; readonly valid: boolean }[]> {
  const { rows } = await reader.query<{ name: string; valid: boolean }>(
    `select x.relname as name, i.indisvalid as valid from pg_index i join pg_class x on x.oid = i.indexrelid
     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
     where i.indrelid = $1::regclass and a.attname = 'subject_key'`,
    [table],
  );
  return rows;
}

// defect it guards: an erasure read the whole table
test("an erasure finds its rows by an index, in a new table and in one from before", async () => {
  await reader.query("create table wh.indexed_before (result_id text primary key, subject_key text, page_path text)");
  const connected = async (table: string): Promise<void> => {
    const destination = open(OUTPUT, { table });
    await destination.connect();
    await destination.close();
  };
  await connected("indexed_new");
  // several lanes may meet one table
  await Promise.all(Array.from({ length: 4 }, () => connected("indexed_before")));
  for (const table of ["indexed_new", "indexed_before"]) {
    await connected(table);
    expect(await subjectIndexes(`wh.${table}`)).toEqual([{ name: `subject_key_${table}`, valid: true }]);
  }
  // what a build leaves that broke off
  await reader.query(
    "update pg_index set indisvalid = false where indexrelid = 'wh.subject_key_indexed_before'::regclass",
  );
  await connected("indexed_before");
  expect(await subjectIndexes("wh.indexed_before")).toEqual([{ name: "subject_key_indexed_before", valid: true }]);
  await reader.query("set enable_seqscan = off");
  const plan = await reader.query("explain delete from wh.indexed_before where subject_key = 'k1'");
  await reader.query("reset enable_seqscan");
  expect(JSON.stringify(plan.rows)).toContain("subject_key_indexed_before");
});

// defect it guards: two builds of one index at once wait for one another
test("who comes while another builds the index delivers without it", async () => {
  const lock = "(hashtextextended('o2mc wh.subject_key_busy', 0))";
  await reader.query(`create table wh.busy (result_id text primary key); select pg_advisory_lock${lock}`);
  for (const indexes of [0, 1]) {
    const destination = open(OUTPUT, { table: "busy" });
    await destination.connect();
    await destination.close();
    expect(await subjectIndexes("wh.busy")).toHaveLength(indexes);
    if (indexes === 0) await reader.query(`select pg_advisory_unlock${lock}`);
  }
});

test("an index of the customer's own is enough, and a user who may make none delivers and erases without", async () => {
  await reader.query("create table wh.own_index (result_id text primary key, subject_key text)");
  await reader.query("create index mine on wh.own_index (subject_key, result_id)");
  const destination = open(OUTPUT, { table: "own_index" });
  await destination.connect();
  await destination.close();
  expect((await subjectIndexes("wh.own_index")).map(({ name }) => name)).toEqual(["mine"]);

  const user = `writer_${database.options.database}`;
  await reader.query(`create role ${user} login password 'pw'`);
  try {
    const made = open(OUTPUT, { table: "granted" });
    await made.connect();
    await made.close();
    await reader.query("drop index wh.subject_key_granted");
    await reader.query(`grant usage on schema wh to ${user}; grant all on wh.granted to ${user}`);
    const guest = open(OUTPUT, { table: "granted", user, password: "pw" });
    await guest.connect();
    const rows = [{ id: "g1", values: ["/x", 1, 1, true, START], erasureKey: "k1" }];
    await guest.write({ id: "m", first: 1, last: 1, rows });
    expect(await guest.erase({ id: "e", erasureKey: "k1" })).toEqual({ rows: 1 });
    await guest.close();
    expect(await subjectIndexes("wh.granted")).toEqual([]);
  } finally {
    await reader.query(`drop owned by ${user}; drop role ${user}`);
  }
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
