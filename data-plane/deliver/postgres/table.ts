import type { PostgresOptions } from "@o2mc/schema/destinations/postgres.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import type { Client } from "pg";
import { columnNames } from "../column-names.ts";

const SQL_TYPE = {
  string: "text",
  number: "double precision",
  integer: "bigint",
  boolean: "boolean",
  timestamp: "timestamptz",
} as const;

const MAX_IDENTIFIER_BYTES = 63;

export const quote = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

export const tableName = (options: PostgresOptions): string => `${quote(options.schema)}.${quote(options.table)}`;

/** Column names in the table: `.` becomes `_`; cut where PostgreSQL would cut, so that two never become one unseen. */
export const sqlColumns = (output: OutputType): string[] => columnNames(output.columns, ownColumns(output), spell);

/** What stands before the output's own columns. */
export const ownColumns = ({ perSubject }: Pick<OutputType, "perSubject">): string[] =>
  perSubject ? ["result_id", "subject_key"] : ["result_id"];

function spell(name: string): string {
  const whole = name.replaceAll(".", "_");
  if (Buffer.byteLength(whole) <= MAX_IDENTIFIER_BYTES) return whole;
  return `${whole.slice(0, 48)}_${Buffer.from(whole).toString("hex").slice(-8)}`;
}

/**
 * Makes schema, table, missing columns and the index that an erasure finds its rows by; leaves alone what is there, so that
 * a user without CREATE can use a table made for it.
 */
export async function ensureTable(client: Client, options: PostgresOptions, output: OutputType): Promise<void> {
  const existing = await existingColumns(client, options);
  if (existing.size === 0) await createTable(client, options, output);
  else await addColumns(client, options, output, existing);
  if (output.perSubject) await ensureSubjectIndex(client, options, existing.size === 0);
}

interface Definition {
  readonly name: string;
  readonly sql: string;
}

/** Of every column but the result id. */
function definitionsOf(output: OutputType): Definition[] {
  const names = sqlColumns(output);
  const own = output.columns.map((column, i) => {
    const name = names[i] ?? "";
    return { name, sql: `${quote(name)} ${SQL_TYPE[column.type]}` };
  });
  return output.perSubject ? [{ name: "subject_key", sql: "subject_key text" }, ...own] : own;
}

async function createTable(client: Client, options: PostgresOptions, output: OutputType): Promise<void> {
  const schema = await client.query("select 1 from pg_namespace where nspname = $1", [options.schema]);
  if (schema.rowCount === 0) await client.query(`create schema if not exists ${quote(options.schema)}`);
  const columns = ["result_id text primary key", ...definitionsOf(output).map(({ sql }) => sql)];
  await client.query(`create table if not exists ${tableName(options)} (${columns.join(", ")})`);
}

async function addColumns(
  client: Client,
  options: PostgresOptions,
  output: OutputType,
  existing: ReadonlySet<string>,
): Promise<void> {
  const missing = definitionsOf(output).filter(({ name }) => !existing.has(name));
  if (missing.length === 0) return;
  const additions = missing.map(({ sql }) => `add column if not exists ${sql}`);
  await client.query(`alter table ${tableName(options)} ${additions.join(", ")}`);
}

/**
 * On a table that was there it is built beside the writes of others. Should that outlast the statement's time limit, the
 * server goes on, and the lock says so: two builds at once would deadlock. One that broke off is made anew.
 */
async function ensureSubjectIndex(client: Client, options: PostgresOptions, fresh: boolean): Promise<void> {
  const name = spell(`subject_key_${options.table}`);
  const where = [options.schema, options.table, name];
  if ((await client.query(WANTED, where)).rowCount === 0) return;
  const lock = [`o2mc ${options.schema}.${name}`];
  const { rows } = await client.query<{ mine: boolean }>(
    "select pg_try_advisory_lock(hashtextextended($1, 0)) as mine",
    lock,
  );
  if (rows[0]?.mine !== true) return;
  // again: another may have made it in between
  const [wanted] = (await client.query<{ broken: boolean }>(WANTED, where)).rows;
  const how = fresh ? "" : "concurrently";
  if (wanted?.broken === true) {
    await client.query(`drop index ${how} if exists ${quote(options.schema)}.${quote(name)}`);
  }
  if (wanted !== undefined) {
    await client.query(`create index ${how} if not exists ${quote(name)} on ${tableName(options)} (subject_key)`);
  }
  // after a failure the session ends, and the lock with it
  await client.query("select pg_advisory_unlock(hashtextextended($1, 0))", lock);
}

/** A row when no index begins with the key and this user may make one: a view has none, nor may a user without CREATE. */
const WANTED = `
  select exists (select 1 from pg_index i join pg_class x on x.oid = i.indexrelid
    where i.indrelid = c.oid and x.relname = $3 and not i.indisvalid) as broken
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'subject_key'
  where n.nspname = $1 and c.relname = $2 and c.relkind = 'r'
    and pg_has_role(c.relowner, 'USAGE') and has_schema_privilege(n.oid, 'CREATE')
    and not exists (select 1 from pg_index i
      where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indpred is null and i.indisvalid)`;

async function existingColumns(client: Client, options: PostgresOptions): Promise<Set<string>> {
  const result = await client.query<{ name: string }>(
    `select a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
     join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped`,
    [options.schema, options.table],
  );
  return new Set(result.rows.map((row) => row.name));
}
