import type { FileOptions } from "@o2mc/schema/destinations/file.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { columnNames } from "../column-names.ts";
import type { Row } from "../destination.ts";
import { ownNames, readable, rowObjects } from "../row-object.ts";

/** The whole text of one file. */
export function fileText(format: FileOptions["format"], output: OutputType, rows: readonly Row[]): string {
  return format === "csv" ? csv(output, rows) : jsonLines(output, rows);
}

function jsonLines(output: OutputType, rows: readonly Row[]): string {
  const object = rowObjects(output);
  return rows.map((row) => `${JSON.stringify(object(row))}\n`).join("");
}

/**
 * RFC 4180: a header line, CRLF; null is an empty field, an empty string is `""`. What a visitor may have written stands
 * with a `'` before it where a spreadsheet would run it as a formula (OWASP, "CSV Injection").
 */
function csv(output: OutputType, rows: readonly Row[]): string {
  const { columns, perSubject } = output;
  const own = ownNames(output);
  const header = [...own, ...columnNames(columns, own)].map(field);
  const lines = rows.map((row) => [
    field(row.id),
    ...(perSubject ? [row.erasureKey ?? ""] : []),
    ...columns.map((column, i) => {
      const value = readable(column, row.values[i] ?? null);
      if (value === null) return "";
      return field(typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value));
    }),
  ]);
  return [header, ...lines].map((line) => `${line.join(",")}\r\n`).join("");
}

/** The last four are the first four as full-width characters, which spreadsheets read alike. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

const field = (text: string): string =>
  text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
