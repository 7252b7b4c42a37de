import type { json } from "@o2mc/schema/expression/functions/json.ts";
import { boundedList, boundedText } from "../limits.ts";
import type { Implementations } from "./implementation.ts";
import { lastOf } from "./last-of.ts";

type Path = readonly (string | number)[];

const parse = lastOf((text): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
});

const at = (text: string, path: Path): unknown => valueAt(parse(text), path);

/** Of own properties only; undefined when there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) !== (typeof key === "number"))
      return undefined;
    value = Object.hasOwn(value, key) ? (value as Readonly<Record<string | number, unknown>>)[key] : undefined;
  }
  return value;
}

export function asText(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return null;
  const text = JSON.stringify(value);
  boundedText(text.length);
  return text;
}

export const JSON_TEXTS: Implementations<(typeof json)["functions"][number]["signatures"][number]> = {
  "json.value(string, path): string": (text, path) => asText(at(text, path)),
  "json.number(string, path): number": (text, path) => {
    const value = at(text, path);
    return typeof value === "number" ? value : NaN;
  },
  "json.integer(string, path): integer": (text, path) => {
    const value = at(text, path);
    return Number.isSafeInteger(value) ? Number(value) + 0 : NaN;
  },
  "json.boolean(string, path): boolean": (text, path) => {
    const value = at(text, path);
    return typeof value === "boolean" ? value : null;
  },
  "json.list(string, path): list<string>": (text, path) => {
    const value = at(text, path);
    if (!Array.isArray(value)) return null;
    return boundedList(value).flatMap((each) => asText(each) ?? []);
  },
};
