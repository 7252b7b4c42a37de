import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { OutputColumn, OutputType } from "@o2mc/schema/pipeline/types.ts";
import { columnNames } from "./column-names.ts";
import type { Row } from "./destination.ts";

const MAX_DATE_MS = 8.64e15;

/** Makes rows into `{id, subject_key, <column>: value, …}`, the key where rows are about one subject, columns under their own names, timestamps as RFC 3339 in UTC. */
export function rowObjects(output: OutputType): (row: Row) => Record<string, Scalar> {
  const { columns } = output;
  const names = columnNames(columns, ownNames(output));
  return (row) =>
    Object.fromEntries([
      ["id", row.id],
      ...(output.perSubject ? [["subject_key", row.erasureKey ?? null]] : []),
      ...columns.map((c, i) => [names[i], readable(c, row.values[i] ?? null)]),
    ]);
}

/** What stands before the output's own columns. */
export const ownNames = ({ perSubject }: Pick<OutputType, "perSubject">): string[] =>
  perSubject ? ["id", "subject_key"] : ["id"];

/** The value as a person or another program reads it. */
export function readable(column: OutputColumn, value: Scalar): Scalar {
  if (column.type !== "timestamp" || typeof value !== "number" || Math.abs(value) > MAX_DATE_MS) return value;
  return new Date(value).toISOString();
}
