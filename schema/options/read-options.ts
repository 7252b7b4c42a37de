import type { ItemSpec, NumberSpec, OptionSpecs, TextSpec, ValueSpec } from "./option.ts";
import { OptionError } from "./option-error.ts";
import type { OptionsOf } from "./options-of.ts";

const MAX_LIST = 256;
const MAX_TEXT = 4096;
/** PostgreSQL, where definitions and results are kept, takes neither in its texts */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/**
 * Checks options that may come from anywhere as JSON against their spec. Returns a copy with every default filled in and
 * nothing that was given as null or undefined, as GraphQL does for what is left out; keys in the spec's order.
 *
 * @param path what messages call the options: the verb of a step, the kind of a destination
 * @throws OptionError with the first thing that is wrong
 */
export function readOptions<const S extends OptionSpecs>(specs: S, given: unknown, path: string): OptionsOf<S> {
  return readObject(specs, given, path) as OptionsOf<S>;
}

function readObject(specs: OptionSpecs, given: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw invalid(path, "must be an object");
  for (const [name, value] of Object.entries(given)) {
    if (Object.hasOwn(specs, name) || value === undefined || value === null) continue;
    throw new OptionError("unknown-option", `${path}.${name}`, `is unknown; ${path} has ${namesOf(specs)}`);
  }
  const read: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value =
      (Object.hasOwn(given, name) ? (given as Readonly<Record<string, unknown>>)[name] : null) ?? spec.default;
    if (value !== undefined) read[name] = readValue(spec, value, `${path}.${name}`);
    else if (spec.optional !== true) throw invalid(`${path}.${name}`, "is missing");
  }
  return read;
}

function readValue(spec: ValueSpec, value: unknown, path: string): unknown {
  if (spec.kind !== "list") return readItem(spec, value, path);
  if (!Array.isArray(value) || value.length > MAX_LIST) {
    throw invalid(path, `must be a list of at most ${MAX_LIST} entries`);
  }
  return value.map((entry: unknown) => readItem(spec.of, entry, path));
}

function readItem(spec: ItemSpec, value: unknown, path: string): unknown {
  switch (spec.kind) {
    case "object":
      return readObject(spec.options, value, path);
    case "flag":
      if (typeof value !== "boolean") throw invalid(path, "must be true or false");
      return value;
    case "integer":
    case "number":
      return readNumber(spec, value, path);
    case "words":
      if (typeof value !== "string" || !Object.hasOwn(spec.words, value)) {
        throw invalid(path, `must be one of ${namesOf(spec.words)}`);
      }
      return value;
    case "text":
      return readText(spec, value, path);
    case "steps":
      if (!Array.isArray(value) || value.length > MAX_LIST) {
        throw invalid(path, `must be a list of at most ${MAX_LIST} steps`);
      }
      return value;
    case "expression":
    case "field":
    case "new-field":
      return readText({ kind: "text" }, value, path);
  }
}

function readNumber({ kind, min, max }: NumberSpec, value: unknown, path: string): number {
  const whole = kind === "integer";
  if (typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw invalid(path, `must be a ${whole ? "whole number" : "number"} from ${min} to ${max}`);
}

function readText({ minLength = 1, maxLength = MAX_TEXT, format }: TextSpec, value: unknown, path: string): string {
  if (typeof value !== "string" || value.length < minLength || value.length > maxLength) {
    throw invalid(path, `must be text of ${minLength} to ${maxLength} characters`);
  }
  if (UNSTORABLE.test(value)) throw invalid(path, "must not hold a NUL or half a surrogate pair");
  if (format !== undefined && !format.fits(value)) throw invalid(path, `must be ${format.says}`);
  return value;
}

const namesOf = (record: object): string => Object.keys(record).join(", ");

const invalid = (path: string, problem: string): OptionError => new OptionError("invalid-option", path, problem);
