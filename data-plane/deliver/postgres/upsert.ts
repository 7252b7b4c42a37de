import type { PostgresOptions } from "@o2mc/schema/destinations/postgres.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import type { Row } from "../destination.ts";
import { quote, sqlColumns, tableName } from "./table.ts";

// A timestamp travels as epoch milliseconds: PostgreSQL makes it a timestamptz, so that a bad one is its own data error.
const ARRAY_TYPE = {
  string: "text",
  number: "float8",
  integer: "int8",
  boolean: "bool",
  timestamp: "float8",
} as const;

/** One statement for any number of rows: one array parameter per column, `$1` the result ids. */
export function upsertSql(options: PostgresOptions, output: OutputType): string {
  const { columns, perSubject } = output;
  const names = [...(perSubject ? ["subject_key"] : []), ...sqlColumns(output).map(quote)];
  const types = [...(perSubject ? ["string" as const] : []), ...columns.map(({ type }) => type)];
  const arrays = ["$1::text[]", ...types.map((type, i) => `$${i + 2}::${ARRAY_TYPE[type]}[]`)];
  const aliases = ["r", ...types.map((_, i) => `c${i}`)];
  const values = types.map((type, i) => (type === "timestamp" ? `to_timestamp(c${i} / 1000.0)` : `c${i}`));
  const conflict =
    names.length === 0 ? "do nothing" : `do update set ${names.map((name) => `${name} = excluded.${name}`).join(", ")}`;
  return `insert into ${tableName(options)} (${["result_id", ...names].join(", ")})
    select ${["r", ...values].join(", ")} from unnest(${arrays.join(", ")}) as rows(${aliases.join(", ")})
    on conflict (result_id) ${conflict}`;
}

/** `$1` the key of a subject. */
export const eraseSql = (options: PostgresOptions): string =>
  `delete from ${tableName(options)} where subject_key = $1`;

/** The parameters of `upsertSql`. */
export function upsertParameters({ columns, perSubject }: OutputType, rows: readonly Row[]): (string | null)[][] {
  const keys = perSubject ? [rows.map((row) => row.erasureKey ?? null)] : [];
  return [rows.map((row) => row.id), ...keys, ...columns.map((_, i) => rows.map((row) => text(row.values[i] ?? null)))];
}

const text = (value: Scalar): string | null => (value === null ? null : String(value));
