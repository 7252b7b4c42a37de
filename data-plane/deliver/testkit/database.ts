import { randomBytes } from "node:crypto";
import { Client } from "pg";

export interface TestDatabase {
  readonly options: { host: string; port: number; database: string; user: string; password: string };
  stop(): Promise<void>;
}

/** A database of the test file's own on the tests' PostgreSQL. */
export async function startDatabase(): Promise<TestDatabase> {
  const url = new URL(process.env["O2MC_TEST_POSTGRES"] ?? "");
  const database = `dp_${randomBytes(8).toString("hex")}`;
  const run = async (statement: string): Promise<void> => {
    const client = new Client(url.href);
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await run(`create database ${database}`);
  return {
    options: { host: url.hostname, port: Number(url.port), database, user: url.username, password: url.password },
    stop: () => run(`drop database ${database} with (force)`),
  };
}
