import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDestination } from "../test-destination.ts";
import { type TestDatabase, startDatabase } from "../testkit/database.ts";
import { outgoingTo } from "../testkit/outgoing.ts";

const SECRET = "a-password-that-is-nowhere";
let database: TestDatabase;
let owner: Client;
let guest: string;
/** takes connections and never says anything */
let silent: Server;

beforeAll(async () => {
  database = await startDatabase();
  owner = new Client(database.options);
  await owner.connect();
  guest = `guest_${database.options.database.slice(3)}`;
  for (const statement of [
    `create role ${guest} login password '${SECRET}'`,
    "create schema open",
    "create schema shut",
    "create schema bare",
    "create table open.readable (result_id text primary key)",
    "create table open.writable (result_id text primary key)",
    `grant usage on schema open, bare to ${guest}`,
    `grant select on open.readable to ${guest}`,
    `grant select, insert, update, delete on open.writable to ${guest}`,
  ]) {
    await owner.query(statement);
  }
  silent = createServer(() => undefined);
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
});

afterAll(async () => {
  silent?.close();
  await owner?.end();
  await database?.stop();
  const { host, port, user, password } = database.options;
  const admin = new Client({ host, port, user, password, database: "postgres" });
  await admin.connect();
  await admin.query(`drop role ${guest}`).finally(() => admin.end());
});

const ask = (change: object = {}, timeMs?: number) =>
  testDestination(
    { postgres: { ...database.options, schema: "wh", table: "sessions", tls: false, ...change } },
    outgoingTo(),
    timeMs,
  );
const asGuest = (change: object) => ask({ user: guest, password: SECRET, ...change });

test("a database that can take results, with the server's version; nothing is made there", async () => {
  const answer = await ask();
  expect(answer).toMatchObject({ code: "ok", server: expect.stringMatching(/^PostgreSQL \d+/) as string });
  expect(answer.milliseconds).toBeGreaterThanOrEqual(0);
  expect((await owner.query("select 1 from pg_namespace where nspname = 'wh'")).rowCount).toBe(0);
  expect((await asGuest({ schema: "open", table: "writable" })).code).toBe("ok");
});

test.each([
  ["host-not-found", { host: "no-such-host.invalid" }, "no-such-host.invalid"],
  ["refused", { port: 1 }, "127.0.0.1, port 1"],
  ["log-in", { password: SECRET }, "user"],
  ["log-in", { user: "nobody-of-that-name" }, "nobody-of-that-name"],
  ["database-missing", { database: "not_there" }, "not_there"],
  ["tls", { tls: true }, "encrypted"],
  ["address-refused", { host: "10.0.0.5" }, "10.0.0.5"],
  ["bad-options", { port: 0 }, "postgres.port"],
])("%s: %j", async (code, change, names) => {
  const answer = await ask({ host: "127.0.0.1", ...change });
  expect(answer).toMatchObject({ code, server: null });
  expect(answer.message).toContain(names);
  expect(JSON.stringify(answer)).not.toContain(SECRET);
});

test.each([
  ["rights", { schema: "shut", table: "any" }, "use the schema shut"],
  ["rights", { schema: "open", table: "readable" }, "open.readable"],
  ["table-missing", { schema: "bare", table: "sessions" }, "bare.sessions"],
  ["table-missing", { schema: "elsewhere", table: "sessions" }, "elsewhere"],
])("of a user with few rights: %s %j", async (code, change, names) => {
  const answer = await asGuest(change);
  expect(answer.code).toBe(code);
  expect(answer.message).toContain(names);
});

test("a database that takes no changes", async () => {
  await owner.query(`alter role ${guest} set default_transaction_read_only = on`);
  const answer = await asGuest({ schema: "open", table: "writable" });
  await owner.query(`alter role ${guest} reset default_transaction_read_only`);
  expect(answer).toMatchObject({ code: "rights", message: expect.stringContaining("read-only") as string });
});

test("a server that takes the connection and says nothing", async () => {
  const { port } = silent.address() as AddressInfo;
  expect((await ask({ host: "127.0.0.1", port }, 300)).code).toBe("timed-out");
});
