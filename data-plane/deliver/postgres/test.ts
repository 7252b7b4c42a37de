import type { PostgresOptions } from "@o2mc/schema/destinations/postgres.ts";
import { type Client, DatabaseError } from "pg";
import type { DestinationTest, DestinationTestContext } from "../destination.ts";
import { connectionFailure, TestFailure } from "../test-failure.ts";
import { AnswerLimit } from "./answer-limit.ts";
import { postgresClient } from "./client.ts";
import { postgresOptions } from "./options.ts";

interface Found {
  readonly version: string;
  readonly read_only: boolean;
  readonly has_schema: boolean;
  readonly may_make_schema: boolean;
  readonly may_use: boolean;
  readonly may_make_table: boolean;
  readonly has_table: boolean;
  readonly may_write: boolean;
}

/** What a delivery needs: to upsert and to delete in a table that is there, or to make it. */
const LOOK = `select current_setting('server_version') as version,
    current_setting('transaction_read_only') = 'on' as read_only,
    n.oid is not null as has_schema,
    has_database_privilege(current_database(), 'create') as may_make_schema,
    coalesce(has_schema_privilege(n.oid, 'usage'), false) as may_use,
    coalesce(has_schema_privilege(n.oid, 'create'), false) as may_make_table,
    c.oid is not null as has_table,
    coalesce(has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
      and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete'), false) as may_write
  from (select 1) as one
    left join pg_namespace n on n.nspname = $1
    left join pg_class c on c.relnamespace = n.oid and c.relname = $2`;

/** Logs in and looks whether the table could be written; changes nothing. */
export async function testPostgres(
  given: unknown,
  { outgoing, signal }: DestinationTestContext,
): Promise<DestinationTest> {
  const options = postgresOptions(given);
  const answers = new AnswerLimit();
  const client = postgresClient(options, outgoing.connector, answers);
  // without a listener the loss of a connection would end the process
  client.on("error", () => undefined);
  const end = (): void => void client.end().catch(() => undefined);
  signal.addEventListener("abort", end, { once: true });
  try {
    await client.connect();
    answers.restart();
    const found = await look(client, options);
    judge(found, options);
    return { server: `PostgreSQL ${found.version}` };
  } catch (error) {
    throw failure(error, options);
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

async function look(client: Client, { schema, table }: PostgresOptions): Promise<Found> {
  const { rows } = await client.query<Found>(LOOK, [schema, table]);
  const [found] = rows;
  if (found === undefined) throw new TestFailure("failed", "The server did not answer as PostgreSQL does.");
  return found;
}

function judge(found: Found, { user, schema, table }: PostgresOptions): void {
  const rights = (what: string): TestFailure => new TestFailure("rights", `The user ${user} may not ${what}.`);
  const missing = (what: string): TestFailure =>
    new TestFailure("table-missing", `${what} is not there, and the user ${user} may not make it.`);
  if (found.read_only) throw rights("change anything: the database is read-only");
  if (!found.has_schema) {
    if (!found.may_make_schema) throw missing(`The schema ${schema}`);
    return;
  }
  if (!found.may_use) throw rights(`use the schema ${schema}`);
  if (!found.has_table && !found.may_make_table) throw missing(`The table ${schema}.${table}`);
  if (found.has_table && !found.may_write) throw rights(`read, insert, update and delete in ${schema}.${table}`);
}

function failure(error: unknown, { host, port, database, user, tls }: PostgresOptions): TestFailure {
  const place = `${host}, port ${port}`;
  if (error instanceof DatabaseError) {
    const state = error.code ?? "";
    if (state.startsWith("28")) {
      return new TestFailure("log-in", `PostgreSQL does not let the user ${user} in with this password.`, error);
    }
    if (state === "3D000") return new TestFailure("database-missing", `There is no database ${database}.`, error);
    if (state === "42501") {
      return new TestFailure("rights", `The user ${user} has not the rights that delivery needs.`, error);
    }
    return new TestFailure("answered", `PostgreSQL answered with the error ${state}.`, error);
  }
  const known = connectionFailure(error, place);
  // what pg throws for a server without TLS, or one that hangs up, has no code
  return known.code === "failed" && tls
    ? new TestFailure("tls", `${place} offers no encrypted connection, or ended it.`, error)
    : known;
}
