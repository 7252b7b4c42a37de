import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { OutputColumn } from "@o2mc/schema/pipeline/types.ts";
import { columnNames } from "./column-names.ts";
import type { Row } from "./destination.ts";

const MAX_DATE_MS = 8.64e15;

/** Makes rows into `{id, <column>: value, …}`, columns under their own names, timestamps as RFC 3339 in UTC. */
export function rowObjects(columns: readonly OutputColumn[]): (row: Row) => Record<string, Scalar> {
  const names = columnNames(columns, ["id"]);
  return (row) =>
    Object.fromEntries([["id", row.id], ...columns.map((c, i) => [names[i], readable(c, row.values[i] ?? null)])]);
}

/** The value as a person or another program reads it. */
export function readable(column: OutputColumn, value: Scalar): Scalar {
  if (column.type !== "timestamp" || typeof value !== "number" || Math.abs(value) > MAX_DATE_MS) return value;
  return new Date(value).toISOString();
}
