import type { FileOptions } from "@o2mc/schema/destinations/file.ts";
import type { OutputColumn } from "@o2mc/schema/pipeline/types.ts";
import { columnNames } from "../column-names.ts";
import type { Row } from "../destination.ts";
import { readable, rowObjects } from "../row-object.ts";

/** The whole text of one file. */
export function fileText(
  format: FileOptions["format"],
  columns: readonly OutputColumn[],
  rows: readonly Row[],
): string {
  return format === "csv" ? csv(columns, rows) : jsonLines(columns, rows);
}

function jsonLines(columns: readonly OutputColumn[], rows: readonly Row[]): string {
  const object = rowObjects(columns);
  return rows.map((row) => `${JSON.stringify(object(row))}\n`).join("");
}

/** RFC 4180: a header line, CRLF; null is an empty field, an empty string is `""`. */
function csv(columns: readonly OutputColumn[], rows: readonly Row[]): string {
  const header = ["id", ...columnNames(columns, ["id"])].map(field);
  const lines = rows.map((row) => [
    field(row.id),
    ...columns.map((column, i) => {
      const value = readable(column, row.values[i] ?? null);
      return value === null ? "" : field(String(value));
    }),
  ]);
  return [header, ...lines].map((line) => `${line.join(",")}\r\n`).join("");
}

const field = (text: string): string =>
  text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
