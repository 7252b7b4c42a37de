import type { PostgresOptions } from "@o2mc/schema/destinations/postgres.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { OutputColumn } from "@o2mc/schema/pipeline/types.ts";
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
export function upsertSql(options: PostgresOptions, columns: readonly OutputColumn[]): string {
  const names = sqlColumns(columns).map(quote);
  const arrays = ["$1::text[]", ...columns.map((column, i) => `$${i + 2}::${ARRAY_TYPE[column.type]}[]`)];
  const aliases = ["r", ...columns.map((_, i) => `c${i}`)];
  const values = columns.map((column, i) => (column.type === "timestamp" ? `to_timestamp(c${i} / 1000.0)` : `c${i}`));
  const conflict =
    names.length === 0 ? "do nothing" : `do update set ${names.map((name) => `${name} = excluded.${name}`).join(", ")}`;
  return `insert into ${tableName(options)} (${["result_id", ...names].join(", ")})
    select ${["r", ...values].join(", ")} from unnest(${arrays.join(", ")}) as rows(${aliases.join(", ")})
    on conflict (result_id) ${conflict}`;
}

/** The parameters of `upsertSql`. */
export function upsertParameters(columns: readonly OutputColumn[], rows: readonly Row[]): (string | null)[][] {
  return [rows.map((row) => row.id), ...columns.map((_, i) => rows.map((row) => text(row.values[i] ?? null)))];
}

const text = (value: Scalar): string | null => (value === null ? null : String(value));
