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

/** Makes schema, table and missing columns; leaves alone what is there, so that a user without CREATE can use a table made for it. */
export async function ensureTable(client: Client, options: PostgresOptions, output: OutputType): Promise<void> {
  const names = sqlColumns(output);
  const existing = await existingColumns(client, options);
  const definitions = output.columns.map((column, i) => `${quote(names[i] ?? "")} ${SQL_TYPE[column.type]}`);
  if (output.perSubject) {
    names.unshift("subject_key");
    definitions.unshift("subject_key text");
  }
  if (existing.size === 0) {
    const schema = await client.query("select 1 from pg_namespace where nspname = $1", [options.schema]);
    if (schema.rowCount === 0) await client.query(`create schema if not exists ${quote(options.schema)}`);
    await client.query(
      `create table if not exists ${tableName(options)} (${["result_id text primary key", ...definitions].join(", ")})`,
    );
    return;
  }
  const missing = definitions.filter((_, i) => !existing.has(names[i] ?? ""));
  if (missing.length === 0) return;
  const additions = missing.map((definition) => `add column if not exists ${definition}`);
  await client.query(`alter table ${tableName(options)} ${additions.join(", ")}`);
}

async function existingColumns(client: Client, options: PostgresOptions): Promise<Set<string>> {
  const result = await client.query<{ name: string }>(
    `select a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
     join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped`,
    [options.schema, options.table],
  );
  return new Set(result.rows.map((row) => row.name));
}
