import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { parse } from "csv-parse";
import { combinedLog, commonLog } from "./combined-log.ts";
import { csvEvent } from "./csv-event.ts";
import { LineError, type LineParser } from "./line-parser.ts";
import { ndjson } from "./ndjson.ts";

export const FORMATS = ["combined", "common", "ndjson", "csv"] as const;
export type Format = (typeof FORMATS)[number];

/** One line of the input: an event, or the reason why it is none. */
export type InputRecord =
  { readonly line: number; readonly event: object } | { readonly line: number; readonly reason: string };

const LINE_PARSERS: Readonly<Record<Exclude<Format, "csv">, LineParser>> = {
  combined: combinedLog,
  common: commonLog,
  ndjson,
};

/** The records of a stream in order; empty lines are skipped. */
export async function* readRecords(input: Readable, format: Format): AsyncGenerator<InputRecord> {
  if (format === "csv") {
    yield* readCsv(input);
    return;
  }
  const parser = LINE_PARSERS[format];
  let line = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line += 1;
    if (text.trim() !== "") yield record(line, () => parser(text, line));
  }
}

async function* readCsv(input: Readable): AsyncGenerator<InputRecord> {
  const rows = input.pipe(
    parse({ columns: true, info: true, bom: true, relax_column_count: true, skip_empty_lines: true }),
  );
  input.on("error", (error) => rows.destroy(error));
  for await (const row of rows as AsyncIterable<{ record: Record<string, string>; info: { lines: number } }>) {
    yield record(row.info.lines, () => csvEvent(row.record));
  }
}

function record(line: number, parse: () => object): InputRecord {
  try {
    return { line, event: parse() };
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    return { line, reason: error.message };
  }
}
