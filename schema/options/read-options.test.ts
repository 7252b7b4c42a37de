import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DESTINATIONS } from "../destinations/destinations.ts";
import { STEPS } from "../pipeline/steps.ts";
import { TIME_OPTIONS } from "../pipeline/time.ts";
import { OptionError } from "./option-error.ts";
import type { OptionSpec, OptionSpecs } from "./option.ts";
import { readOptions } from "./read-options.ts";

interface Registered {
  readonly name: string;
  readonly specs: OptionSpecs;
  readonly example: Readonly<Record<string, unknown>>;
}

const REGISTERED: readonly Registered[] = [
  ...STEPS.map(({ verb, options, example }) => ({ name: verb, specs: options, example })),
  ...DESTINATIONS.map(({ kind, options, example }) => ({ name: kind, specs: options, example })),
  { name: "time", specs: TIME_OPTIONS, example: {} },
];

function refusal(specs: OptionSpecs, given: unknown): OptionError {
  try {
    readOptions(specs, given, "it");
  } catch (error) {
    if (error instanceof OptionError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Every spec at every depth, with the path of the object it is in. */
function everyOption(specs: OptionSpecs, path: readonly string[] = []): readonly [path: string, spec: OptionSpec][] {
  return Object.entries(specs).flatMap(([name, spec]) => {
    const item = spec.kind === "list" ? spec.of : spec;
    const inner = item.kind === "object" ? everyOption(item.options, [...path, name]) : [];
    return [[[...path, name].join("."), spec] as [string, OptionSpec], ...inner];
  });
}

describe.each(REGISTERED)("$name", ({ specs, example }) => {
  test("its example is one of its options, and checking twice is checking once", () => {
    const read = readOptions(specs, example, "it");
    expect(read).toMatchObject(example);
    expect(readOptions(specs, read, "it")).toEqual(read);
  });

  test("an unknown option is refused wherever it stands", () => {
    const names = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", ""));
    const values = fc.anything().filter((value) => value !== null && value !== undefined);
    fc.assert(
      fc.property(names, values, (name, value) => {
        fc.pre(!Object.hasOwn(specs, name));
        const { code, path } = refusal(specs, { ...example, [name]: value });
        expect({ code, path }).toEqual({ code: "unknown-option", path: `it.${name}` });
      }),
    );
    for (const [option, spec] of Object.entries(specs)) {
      const item = spec.kind === "list" ? spec.of : spec;
      if (item.kind !== "object") continue;
      const entry = { strange: 1 };
      const error = refusal(specs, { ...example, [option]: spec.kind === "list" ? [entry] : entry });
      expect(error).toMatchObject({ code: "unknown-option", path: `it.${option}.strange` });
    }
  });

  test("whatever it is given, it gives options or an OptionError", () => {
    const values = fc.oneof(fc.anything(), fc.record({}), fc.constant(example));
    fc.assert(
      fc.property(values, fc.constantFrom(...Object.keys(specs)), fc.anything(), (given, option, value) => {
        for (const attempt of [given, { ...example, [option]: value }]) {
          try {
            readOptions(specs, attempt, "it");
          } catch (error) {
            expect(error).toBeInstanceOf(OptionError);
          }
        }
      }),
    );
  });

  test("a default is a value of its own option, and what has one is not optional", () => {
    for (const [path, spec] of everyOption(specs)) {
      if (spec.default === undefined) continue;
      expect(`${path} optional: ${spec.optional === true}`).toBe(`${path} optional: false`);
      expect(readOptions({ x: spec }, { x: spec.default }, "it")).toEqual({ x: spec.default });
    }
  });

  test("every option says what it is", () => {
    for (const [path, spec] of everyOption(specs)) expect(`${path}: ${spec.description}`).toMatch(/: \S/);
  });
});

const SPECS = {
  text: { kind: "text", maxLength: 3, optional: true, description: "a text" },
  even: {
    kind: "text",
    format: { fits: (text) => text.length % 2 === 0, says: "of even length" },
    optional: true,
    description: "a text",
  },
  word: { kind: "words", name: "W", words: { here: "", there: "" }, default: "here", description: "a word" },
  whole: { kind: "integer", min: 1, max: 9, optional: true, description: "a whole number" },
  number: { kind: "number", min: -1, max: 1, optional: true, description: "a number" },
  flag: { kind: "flag", default: false, description: "a flag" },
  list: { kind: "list", of: { kind: "field" }, optional: true, description: "columns" },
} as const satisfies OptionSpecs;

test.each<[path: string, problem: string, given: unknown]>([
  ["it", "must be an object", null],
  ["it", "must be an object", []],
  ["it.strange", "is unknown; it has text, even, word, whole, number, flag, list", { strange: 0 }],
  ["it.text", "must be text of 1 to 3 characters", { text: "" }],
  ["it.text", "must be text of 1 to 3 characters", { text: "four" }],
  ["it.text", "must be text of 1 to 3 characters", { text: 1 }],
  ["it.text", "must not hold a NUL or half a surrogate pair", { text: "a\0" }],
  ["it.text", "must not hold a NUL or half a surrogate pair", { text: "a\ud83d" }],
  ["it.even", "must be of even length", { even: "odd" }],
  ["it.word", "must be one of here, there", { word: "HERE" }],
  ["it.word", "must be one of here, there", { word: "constructor" }],
  ["it.whole", "must be a whole number from 1 to 9", { whole: 10 }],
  ["it.whole", "must be a whole number from 1 to 9", { whole: 1.5 }],
  ["it.whole", "must be a whole number from 1 to 9", { whole: "1" }],
  ["it.number", "must be a number from -1 to 1", { number: Number.NaN }],
  ["it.number", "must be a number from -1 to 1", { number: Infinity }],
  ["it.flag", "must be true or false", { flag: 0 }],
  ["it.list", "must be a list of at most 256 entries", { list: "a" }],
  ["it.list", "must be a list of at most 256 entries", { list: Array.from({ length: 257 }, () => "a") }],
  ["it.list", "must be text of 1 to 4096 characters", { list: [["a"]] }],
])("%s %s: %#", (path, problem, given) => {
  expect(refusal(SPECS, given)).toMatchObject({ path, problem, message: `${path} ${problem}` });
});

test("what is missing is named", () => {
  expect(refusal({ a: { kind: "flag", description: "needed" } }, {}).message).toBe("it.a is missing");
});

test("null and undefined are left out, and defaults stand for them", () => {
  const given = { text: null, word: null, flag: undefined, strange: null };
  expect(readOptions(SPECS, given, "it")).toEqual({ word: "here", flag: false });
});

test("what is inherited was not given", () => {
  expect(readOptions(SPECS, Object.create({ text: "abc" }), "it")).toEqual({ word: "here", flag: false });
});
