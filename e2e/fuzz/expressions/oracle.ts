import { Environment } from "@marcbachmann/cel-js";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { COLUMNS } from "./program.ts";

/**
 * The library's own evaluator. What is missing, or an error, there is null with us. Where the language differs on purpose
 * (FUNCTIONS.md says where), or the library differs from CEL, programs call what is below: slow, and written another way
 * than what it checks.
 */
const library = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 5000, maxDepth: 250, maxListElements: 1000, maxMapEntries: 1000, maxCallArguments: 32 },
})
  // integers end at 2^53
  .registerFunction("safe(int): int", (value: bigint) => {
    if (value > MAX || value < -MAX) throw new Error("overflow");
    return value;
  })
  // what is no number is null
  .registerFunction("given(double): double", (value: number) => {
    if (Number.isNaN(value)) throw new Error("no number");
    return value;
  })
  // code points, where the library has UTF-16
  .registerFunction("o_charAt(string, int): string", (text: string, at: bigint) => slice(text, at, at + 1n, 1))
  .registerFunction("o_substring(string, int, int): string", (text: string, from: bigint) =>
    slice(text, from, BigInt(points(text).length)),
  )
  .registerFunction("o_substring2(string, int, int): string", (text: string, from: bigint, to: bigint) =>
    slice(text, from, to),
  )
  .registerFunction("o_indexOf(string, string, int): int", (text: string, searched: string, from: bigint) => {
    const [all, wanted] = [points(text), points(searched)];
    if (from < 0n || from > BigInt(all.length)) throw new Error("out of range");
    for (let at = Number(from); at + wanted.length <= all.length; at++)
      if (startsAt(all, wanted, at)) return BigInt(at);
    return -1n;
  })
  .registerFunction("o_lastIndexOf(string, string): int", (text: string, searched: string) => {
    const [all, wanted] = [points(text), points(searched)];
    for (let at = all.length - wanted.length; at >= 0; at--) if (startsAt(all, wanted, at)) return BigInt(at);
    return -1n;
  })
  .registerFunction("o_replace(string, string, string, int): string", replace)
  .registerFunction("string.o_split3(): list<string>", (text: string) => {
    const all = points(text);
    return all.length > 3 ? [...all.slice(0, 2), all.slice(2).join("")] : all;
  })
  .registerFunction("o_reverse(string): string", (text: string) => points(text).reduce((done, c) => c + done, ""))
  .registerFunction("o_reverse(list): list", (list: readonly unknown[]) =>
    list.reduce<unknown[]>((done, each) => [each, ...done], []),
  )
  .registerFunction("o_trim(string): string", (text: string) => {
    const all = points(text);
    while (isSpace(all[0])) all.shift();
    while (isSpace(all.at(-1))) all.pop();
    return all.join("");
  })
  // the library lowers letters beyond ASCII too
  .registerFunction("o_lower(string): string", (text: string) =>
    points(text)
      .map((c) => (c >= "A" && c <= "Z" ? c.toLowerCase() : c))
      .join(""),
  )
  .registerFunction("o_upper(string): string", (text: string) =>
    points(text)
      .map((c) => (c >= "a" && c <= "z" ? c.toUpperCase() : c))
      .join(""),
  )
  .registerFunction("o_slice(list, int, int): list", (list: readonly unknown[], from: bigint, to: bigint) => {
    if (from < 0n || to < from || to > BigInt(list.length)) throw new Error("out of range");
    return list.filter((_, i) => BigInt(i) >= from && BigInt(i) < to);
  })
  .registerFunction("o_segment(string, int): string", (path: string, index: bigint) => {
    const segment = (path.split(/[?#]/)[0] ?? "").split("/").filter((part) => part !== "")[Number(index)];
    if (segment === undefined) throw new Error("no such segment");
    return segment;
  })
  // the library reads 0b1 and the empty text as numbers
  .registerFunction("o_int(string): int", (text: string) => {
    if (!/^[+-]?[0-9]{1,16}$/.test(text)) throw new Error("no integer");
    const value = BigInt(text.replace(/^\+/, "").replace(/^-/, "")) * (text.startsWith("-") ? -1n : 1n);
    if (value > MAX || value < -MAX) throw new Error("overflow");
    return value;
  })
  .registerFunction("o_double(string): double", (text: string) => {
    if (!/^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) throw new Error("no number");
    return Number(text);
  })
  .registerFunction("o_seconds(google.protobuf.Timestamp): int", (at: Date) => BigInt(Math.floor(at.getTime() / 1000)))
  .registerFunction("o_least(list): int", (list: readonly bigint[]) => list.reduce((a, b) => (b < a ? b : a)))
  .registerFunction("o_bitAnd(int, int): int", (a: bigint, b: bigint) => a & b)
  .registerFunction("o_bitOr(int, int): int", (a: bigint, b: bigint) => a | b)
  .registerFunction("o_bitXor(int, int): int", (a: bigint, b: bigint) => a ^ b)
  .registerFunction("o_ceil(double): double", (value: number) => -Math.floor(-value))
  .registerFunction("o_floor(double): double", (value: number) => -Math.ceil(-value))
  .registerFunction("o_trunc(double): double", (value: number) => (value < 0 ? Math.ceil(value) : Math.floor(value)))
  .registerFunction("o_round(double): double", (value: number) => {
    const size = Math.abs(value);
    const rounded = size - Math.floor(size) < 0.5 ? Math.floor(size) : Math.floor(size) + 1;
    return value < 0 || Object.is(value, -0) ? -rounded : rounded;
  })
  // durations are integers here: the library's lose a millisecond where they are negative; its zones lean on the machine's
  .registerFunction("o_span(int): int", span)
  .registerFunction("o_later(google.protobuf.Timestamp, int): google.protobuf.Timestamp", (at: Date, ms: bigint) => {
    const later = new Date(at.getTime() + Number(ms));
    if (later.getUTCFullYear() < 1 || later.getUTCFullYear() > 9999) throw new Error("out of range");
    return later;
  })
  .registerFunction("o_between(google.protobuf.Timestamp, google.protobuf.Timestamp): int", (a: Date, b: Date) =>
    span(BigInt(a.getTime() - b.getTime())),
  )
  .registerFunction("o_getHours(int): int", (ms: bigint) => ms / 3_600_000n)
  .registerFunction("o_getMinutes(int): int", (ms: bigint) => ms / 60_000n)
  .registerFunction("o_getSeconds(int): int", (ms: bigint) => ms / 1000n)
  .registerFunction("o_local(google.protobuf.Timestamp, string): google.protobuf.Timestamp", local);

const MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** As many nanoseconds as 64 bits hold. */
function span(ms: bigint): bigint {
  if (ms * 1_000_000n >= 2n ** 63n || ms * 1_000_000n <= -(2n ** 63n)) throw new Error("out of range");
  return ms;
}

const points = (text: string): string[] => Array.from(text);
const isSpace = (c = ""): boolean => c === "\u0085" || (c !== "\uFEFF" && c.trim() !== c);
const startsAt = (all: readonly string[], wanted: readonly string[], at: number): boolean =>
  wanted.every((c, i) => all[at + i] === c);

function slice(text: string, from: bigint, to: bigint, beyond = 0): string {
  const all = points(text);
  if (from < 0n || to < from || to > BigInt(all.length + beyond)) throw new Error("out of range");
  return all.filter((_, i) => BigInt(i) >= from && BigInt(i) < to).join("");
}

function replace(text: string, searched: string, by: string, most: bigint): string {
  const [all, wanted] = [points(text), points(searched)];
  let [out, done, at] = ["", 0n, 0];
  while (at <= all.length) {
    const found = at + wanted.length <= all.length && startsAt(all, wanted, at) && (most < 0n || done < most);
    if (found) [out, done] = [out + by, done + 1n];
    if (found && wanted.length > 0) at += wanted.length;
    else out += all[at++] ?? "";
  }
  return out;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function local(at: Date, zone: string): Date {
  let format = formats.get(zone);
  if (format === undefined) {
    const options = { timeZone: zone, dateStyle: "short", timeStyle: "medium" } as const;
    formats.set(zone, (format = new Intl.DateTimeFormat("sv-SE", options)));
  }
  return new Date(`${format.format(at).replace(" ", "T")}.000Z`);
}

/** What every row gives; `given` holds the row's cells by path. */
export function oracle(source: string): (given: Readonly<Record<string, Scalar>>) => Scalar {
  const evaluate = library.parse(source);
  return (given) => {
    const event: Record<string, unknown> = { t: {} };
    for (const [path, value] of Object.entries(given)) {
      if (value === null) continue;
      const type = COLUMNS.get(path);
      const typed = type === "integer" ? BigInt(Number(value)) : type === "timestamp" ? new Date(Number(value)) : value;
      if (path === "t.u") event["t"] = { u: typed };
      else event[path] = typed;
    }
    try {
      const value: unknown = evaluate({ event });
      if (typeof value === "bigint") return Number(value);
      if (value instanceof Date) return value.getTime();
      if (typeof value === "number") return Number.isFinite(value) ? value : null;
      return value as Scalar;
    } catch {
      return null;
    }
  };
}
