import { LineError, type LineParser } from "./line-parser.ts";

/** One event a line, as the edge takes it. */
export const ndjson: LineParser = (line) => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new LineError("not JSON", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new LineError("not a JSON object");
  return value;
};
