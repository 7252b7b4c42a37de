import { DefinitionError } from "./definition-error.ts";
import type { Step, StepVerb } from "./definition.ts";

type Kind = "text" | "seconds" | "count" | "positive" | "texts" | "object" | "objects";
/** option name → kind; a trailing `?` on the name makes it optional */
type Shape = Readonly<Record<string, Kind>>;

const SHAPES: Readonly<Record<StepVerb, Shape>> = {
  filter: { where: "text" },
  map: { set: "objects" },
  drop: { fields: "texts" },
  rename: { fields: "objects" },
  anonymize: { field: "text", method: "text", "keep?": "count", "step?": "positive" },
  lookup: { geoip: "object" },
  sessionize: { gapSeconds: "seconds", sticky: "objects" },
  window: { sizeSeconds: "seconds", by: "texts", aggregates: "objects" },
  emit: { output: "text", "fields?": "texts" },
};

const INNER: Readonly<Record<string, Shape>> = {
  "map.set": { field: "text", expression: "text" },
  "rename.fields": { from: "text", to: "text" },
  "lookup.geoip": { field: "text", into: "text" },
  "sessionize.sticky": { field: "text", keep: "text", as: "text" },
  "window.aggregates": { as: "text", kind: "text", "field?": "text" },
};

/** options whose text is one of a few words */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  "anonymize.method": ["hash", "mask", "truncate", "generalise"],
  "sessionize.sticky.keep": ["first", "last"],
  "window.aggregates.kind": ["count", "sum", "distinct"],
};

const MAX_LIST = 256;
const MAX_TEXT = 4096;
const MAX_SECONDS = 31 * 24 * 3600;

/** A definition may come from anywhere as JSON: returns the step with its one verb once its options have the right shape. */
export function checkShape(step: Step, number: number): Step {
  const verbs = isRecord(step) ? present(step) : [];
  const verb = verbs[0];
  if (verbs.length !== 1 || verb === undefined || !isVerb(verb)) {
    const known = Object.keys(SHAPES).join(", ");
    const got = verbs.length === 0 ? "nothing" : verbs.join(", ");
    throw new DefinitionError("unknown-step", number, `Step ${number} must be exactly one of ${known}; it has ${got}.`);
  }
  const options = (step as Readonly<Record<string, unknown>>)[verb];
  checkOptions(options, SHAPES[verb], verb, number);
  return { [verb]: options } as unknown as Step;
}

function checkOptions(options: unknown, shape: Shape, path: string, number: number): void {
  if (!isRecord(options)) throw invalid(number, path, "must be an object");
  const known = new Map(Object.entries(shape).map(([key, kind]) => [key.replace("?", ""), { kind, key }]));
  for (const name of present(options)) {
    if (!known.has(name)) {
      throw new DefinitionError("unknown-option", number, `Step ${number} has an unknown option ${path}.${name}.`);
    }
  }
  for (const [name, { kind, key }] of known) {
    const value = options[name];
    if (value === undefined || value === null) {
      if (key.endsWith("?")) continue;
      throw invalid(number, `${path}.${name}`, "is missing");
    }
    checkValue(value, kind, `${path}.${name}`, number);
  }
}

function checkValue(value: unknown, kind: Kind, path: string, number: number): void {
  switch (kind) {
    case "text": {
      if (typeof value !== "string" || value === "" || value.length > MAX_TEXT) {
        throw invalid(number, path, `must be text of 1 to ${MAX_TEXT} characters`);
      }
      const words = WORDS[path];
      if (words !== undefined && !words.includes(value)) {
        throw invalid(number, path, `must be one of ${words.join(", ")}`);
      }
      return;
    }
    case "seconds":
      if (!isInteger(value, 1, MAX_SECONDS))
        throw invalid(number, path, `must be a whole number from 1 to ${MAX_SECONDS}`);
      return;
    case "count":
      if (!isInteger(value, 0, MAX_TEXT)) throw invalid(number, path, `must be a whole number from 0 to ${MAX_TEXT}`);
      return;
    case "positive":
      if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
        throw invalid(number, path, "must be a number above 0");
      }
      return;
    case "object":
      checkOptions(value, INNER[path] ?? {}, path, number);
      return;
    case "texts":
    case "objects": {
      if (!Array.isArray(value) || value.length > MAX_LIST) {
        throw invalid(number, path, `must be a list of at most ${MAX_LIST} entries`);
      }
      for (const entry of value as readonly unknown[]) {
        if (kind === "texts") checkValue(entry, "text", path, number);
        else checkOptions(entry, INNER[path] ?? {}, path, number);
      }
      return;
    }
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isVerb = (key: string): key is StepVerb => Object.hasOwn(SHAPES, key);

const isInteger = (value: unknown, from: number, to: number): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= from && value <= to;

/** GraphQL hands over absent options as undefined or null. */
const present = (record: object): string[] =>
  Object.entries(record).flatMap(([key, value]) => (value === undefined || value === null ? [] : [key]));

const invalid = (number: number, path: string, what: string): DefinitionError =>
  new DefinitionError("invalid-option", number, `Step ${number}: ${path} ${what}.`);
