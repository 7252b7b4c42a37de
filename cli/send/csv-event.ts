import { LineError } from "./line-parser.ts";

const ENVELOPE = ["id", "type", "time", "subject", "consent"] as const;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/**
 * One CSV row with a heading: the columns id, type, time, subject and consent are the envelope, every other heading is a
 * dotted path below `data`. Empty cells are left out; plain decimal numbers become numbers, true and false booleans.
 */
export function csvEvent(row: Readonly<Record<string, string>>): object {
  const event: Record<string, unknown> = {};
  const data: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, text] of Object.entries(row)) {
    if (text === "") continue;
    if ((ENVELOPE as readonly string[]).includes(name)) event[name] = text;
    else put(data, name.split("."), scalar(text));
  }
  return { ...event, data };
}

function put(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head = "", ...rest] = path;
  if (rest.length === 0) {
    into[head] = value;
    return;
  }
  const inner = (into[head] ??= Object.create(null));
  if (typeof inner !== "object" || inner === null) throw new LineError(`column ${head} is a value and a path at once`);
  put(inner as Record<string, unknown>, rest, value);
}

function scalar(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return NUMBER.test(text) ? Number(text) : text;
}
