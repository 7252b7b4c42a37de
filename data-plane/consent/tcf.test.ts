import { TCString } from "@iabtechlabtcf/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTcString, type TcString } from "./tcf.ts";
import { tcfFlaw, type TcfFlaw } from "./tcf-flaw.ts";

type Basis = Parameters<TcString["grants"]>[2];

const granted = (text: string, basis: Basis = "consent", vendor: number | null = null): number[] => {
  const read = parseTcString(text);
  if (read === undefined) throw new Error("it was not read");
  return Array.from({ length: 24 }, (_, i) => i + 1).filter((purpose) => read.grants(purpose, vendor, basis));
};

/** Bits of a core segment, field by field in the order of the specification: an encoder that shares no code with the decoder. */
interface Core {
  version?: number;
  created?: number;
  updated?: number;
  consent?: readonly number[];
  interest?: readonly number[];
  vendors?: string;
  interestVendors?: string;
  restrictions?: string;
}

const number = (value: number, bits: number): string => value.toString(2).padStart(bits, "0");
const bitsOf = (set: readonly number[], count: number): string =>
  Array.from({ length: count }, (_, i) => (set.includes(i + 1) ? "1" : "0")).join("");
const field = (set: readonly number[], max: number): string => `${number(max, 16)}0${bitsOf(set, max)}`;
const range = (max: number, ...entries: readonly (readonly [number, number])[]): string =>
  `${number(max, 16)}1${listed(entries)}`;
const listed = (entries: readonly (readonly [number, number])[]): string =>
  number(entries.length, 12) +
  entries
    .map(([first, last]) => (first === last ? `0${number(first, 16)}` : `1${number(first, 16)}${number(last, 16)}`))
    .join("");

const OLD = Date.UTC(2024, 0, 1) / 100;
const NEW = Date.UTC(2026, 5, 1) / 100;

function segment(bits: string): string {
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0").match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))).toString("base64url");
}

function core(given: Core = {}): string {
  const { version = 2, created = OLD, updated = created, consent = [], interest = [] } = given;
  return segment(
    number(version, 6) +
      number(created, 36) +
      number(updated, 36) +
      number(7, 12) +
      number(1, 12) +
      number(0, 6) +
      number(0, 12) +
      number(48, 12) +
      number(5, 6) +
      "00" +
      number(0, 12) +
      bitsOf(consent, 24) +
      bitsOf(interest, 24) +
      "0" +
      number(0, 12) +
      (given.vendors ?? field([], 0)) +
      (given.interestVendors ?? field([], 0)) +
      (given.restrictions ?? number(0, 12)),
  );
}

const disclosed = (...vendors: number[]): string => segment(number(1, 3) + field(vendors, Math.max(0, ...vendors)));

describe("published strings", () => {
  test.each<[string, number[], number[]]>([
    ["COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA", [1, 2, 3], [2, 6, 8]],
    ["CPh7_cXPh7_cXKMAAAENCZCAAKqAAAAAAAAAAAAAAAAA", [1, 3, 5, 7, 9], []],
    ["CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA", [], []],
  ])("%s", (text, purposes, vendors) => {
    expect(granted(text)).toEqual(purposes);
    const read = parseTcString(text);
    const first = purposes[0] ?? 1;
    expect([...Array(1000).keys()].filter((vendor) => read?.grants(first, vendor, "consent"))).toEqual(vendors);
  });

  test("tell when they were last changed", () => {
    const read = parseTcString("COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA");
    expect(read).toMatchObject({ lastUpdated: Date.parse("2020-02-20T23:57:39.300Z"), policyVersion: 2 });
  });
});

test("what was encoded is granted, and nothing else", () => {
  const set = (max: number) => fc.uniqueArray(fc.integer({ min: 1, max }), { maxLength: 30 });
  fc.assert(
    fc.property(set(24), set(24), set(300), fc.boolean(), (consent, interest, vendors, asRanges) => {
      const list = asRanges ? range(300, ...vendors.map((v) => [v, v] as const)) : field(vendors, 300);
      const text = core({ consent, interest, vendors: list });
      expect(granted(text)).toEqual([...consent].sort((a, b) => a - b));
      expect(granted(text, "legitimate-interest")).toEqual([...interest].sort((a, b) => a - b));
      for (const vendor of [1, 77, 300, 301, ...vendors]) {
        const expected = vendors.includes(vendor) ? [...consent].sort((a, b) => a - b) : [];
        expect(granted(text, "consent", vendor)).toEqual(expected);
      }
    }),
  );
});

test("a vendor that was not disclosed is granted nothing", () => {
  const text = core({ created: NEW, consent: [1], vendors: field([5, 9], 9) });
  expect(granted(`${text}.${disclosed(9)}`, "consent", 9)).toEqual([1]);
  expect(granted(`${text}.${disclosed(9)}`, "consent", 5)).toEqual([]);
});

test("a publisher's restriction takes a purpose from a vendor", () => {
  const restricted = (type: number) => {
    const entry = number(1, 12) + number(2, 6) + number(type, 2) + listed([[4, 6]]);
    const vendors = field([5], 5);
    return core({ consent: [1, 2], interest: [1, 2], vendors, interestVendors: vendors, restrictions: entry });
  };
  expect(granted(restricted(0), "consent", 5)).toEqual([1]);
  expect(granted(restricted(0), "legitimate-interest", 5)).toEqual([1]);
  expect(granted(restricted(1), "consent", 5)).toEqual([1, 2]);
  expect(granted(restricted(1), "legitimate-interest", 5)).toEqual([1]);
  expect(granted(restricted(2), "consent", 5)).toEqual([1]);
});

test.each<[string, string]>([
  ["nothing", ""],
  ["a dot", "."],
  ["text", "yes"],
  ["other letters", "CO vFyGB+/=="],
  ["version 1", core({ version: 1 })],
  ["version 3", core({ version: 3 })],
  ["an end in the middle", core({ consent: [1] }).slice(0, 30)],
  ["a last character less", core().slice(0, -1)],
  ["more behind the end", `${core()}AAAA`],
  ["a bit behind the end", segment(toBits(core()).replace(/0$/, "1"))],
  ["a change before the making", core({ created: NEW, updated: OLD })],
  ["no disclosed vendors where they are due", core({ created: NEW, consent: [1] })],
  ["the same segment twice", `${core()}.${disclosed(1)}.${disclosed(1)}`],
  ["a segment of an unknown type", `${core()}.${segment(number(7, 3) + field([], 0))}`],
  ["an empty segment", `${core()}.`],
  ["a range from 0", core({ vendors: range(9, [0, 3]) })],
  ["a range beyond the highest", core({ vendors: range(9, [3, 10]) })],
  ["a range that runs back", core({ vendors: range(9, [5, 3]) })],
  ["100,000 characters", core() + "A".repeat(100_000)],
])("%s is no TC string", (_, text) => {
  expect(parseTcString(text)).toBeUndefined();
});

describe("what the library would have read", () => {
  test.each<[TcfFlaw, string]>([
    ["length", core({ vendors: field([1], 65_535), interestVendors: field([1], 65_535) })],
    ["version", segment(number(1, 6) + toBits(core()).slice(6, 132) + bitsOf([1], 24) + field([], 0))],
    ["segments", `${core()}.${core({ consent: [1] })}`],
    ["segments", `${core()}.${disclosed(1)}.${disclosed(2)}`],
    ["base64url", `${core({ consent: [1], vendors: field([1], 3) })}A`],
    ["ranges", core({ vendors: range(9, [3, 10]) })],
    ["ranges", core({ vendors: range(9, [5, 3]) })],
    ["ranges", core({ restrictions: number(1, 12) + number(2, 6) + number(1, 2) + listed([[0, 0]]) })],
    ["ranges", core({ vendors: range(65_535, [1, 30_000], [1, 30_000]) })],
    ["padding", `${core()}AAAA`],
    ["padding", `${core()}.${disclosed(1)}AAAA`],
    ["padding", segment(toBits(core()).replace(/0$/, "1"))],
  ])("%s: %.60s", (flaw, text) => {
    expect(() => TCString.decode(text)).not.toThrow();
    expect(tcfFlaw(text)).toBe(flaw);
    expect(parseTcString(text)).toBeUndefined();
  });

  test.each([
    ["a change before the making", core({ created: NEW, updated: OLD })],
    ["no disclosed vendors where they are due", core({ created: NEW, consent: [1] })],
  ])("%s", (_, text) => {
    expect(() => TCString.decode(text)).not.toThrow();
    expect(tcfFlaw(text)).toBeUndefined();
    expect(parseTcString(text)).toBeUndefined();
  });
});

function toBits(text: string): string {
  return Array.from(Buffer.from(text, "base64url"), (byte) => number(byte, 8)).join("");
}

test("no text crashes it or takes it long", () => {
  const letter = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.".split(""));
  fc.assert(
    fc.property(fc.string({ unit: letter, maxLength: 300 }), (tail) => {
      parseTcString(tail);
      parseTcString(core().slice(0, 20) + tail);
    }),
    { numRuns: 2000 },
  );
  // ranges of all vendors, thousands of them: the library would write 200 million out
  const wide = range(65_535, ...Array.from({ length: 3000 }, () => [1, 65_535] as const));
  expect(tcfFlaw(core({ consent: [1], vendors: wide }))).toBe("ranges");
  expect(parseTcString(core({ consent: [1], vendors: wide }))).toBeUndefined();
});
