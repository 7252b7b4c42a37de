import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { migrate } from "../db/migrate.ts";
import { createOrm, type Orm } from "../db/orm.ts";

export interface TestDatabase {
  readonly orm: Orm;
  readonly ownerUrl: string;
  readonly url: string;
  stop(): Promise<void>;
}

/** A database of its own on the tests' PostgreSQL, migrated; `orm` is connected as a role that owns nothing. */
export async function startDatabase(): Promise<TestDatabase> {
  const server = process.env["O2MC_TEST_POSTGRES"] ?? "";
  const database = `cp_${randomBytes(8).toString("hex")}`;
  const role = `${database}_app`;
  const ownerUrl = at(server, (url) => (url.pathname = database));
  const url = at(ownerUrl, (app) => Object.assign(app, { username: role, password: "app" }));
  await run(server, `create database ${database}`);
  await migrate(ownerUrl, url);
  const orm = await createOrm(url);
  return {
    orm,
    ownerUrl,
    url,
    stop: async () => {
      await orm.close(true);
      await run(server, `drop database ${database} with (force)`, `drop role ${role}`);
    },
  };
}

function at(base: string, change: (url: URL) => unknown): string {
  const url = new URL(base);
  change(url);
  return url.href;
}

async function run(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
