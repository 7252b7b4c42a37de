import type { conversions } from "@o2mc/schema/expression/functions/conversions.ts";
import type { Implementations } from "./implementation.ts";
import { inRange, MAX_DURATION } from "./time-range.ts";

const RFC3339 =
  /^(?<date>\d{4}-\d\d-\d\d)[Tt](?<time>\d\d:\d\d:\d\d)(?:\.(?<fraction>\d{1,9}))?(?:[Zz]|(?<sign>[+-])(?<hours>\d\d):(?<minutes>\d\d))$/;
const INTEGER = /^[+-]?\d{1,16}$/;
// linear: after a digit there is one way to go on
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const DURATION = /^(?<sign>[+-])?(?<parts>(?:(?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|m|s|us|µs|ns))+|0)$/;
const DURATION_PART = /(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)/g;
const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};
const TRUE = new Set(["true", "True", "TRUE", "t", "1"]);
const FALSE = new Set(["false", "False", "FALSE", "f", "0"]);

function whole(value: number): number {
  const truncated = Math.trunc(value) + 0;
  return Number.isSafeInteger(truncated) ? truncated : NaN;
}

function numberText(value: number): string {
  return value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value);
}

function parseTimestamp(text: string): number {
  const { date, time, fraction = "", sign, hours = "", minutes = "" } = RFC3339.exec(text)?.groups ?? {};
  if (date === undefined || time === undefined || Number(hours) > 23 || Number(minutes) > 59) return NaN;
  const local = Date.parse(`${date}T${time}.${fraction.padEnd(3, "0").slice(0, 3)}Z`);
  // what is no day, such as 30 February, must not become the day after
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 19) !== `${date}T${time}`) return NaN;
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return inRange(sign === "+" ? local - offset : local + offset);
}

function parseDuration(text: string): number {
  const { sign, parts } = DURATION.exec(text)?.groups ?? {};
  if (parts === undefined) return NaN;
  let ms = 0;
  for (const [, number = "", unit = ""] of parts.matchAll(DURATION_PART)) ms += Number(number) * (UNITS[unit] ?? NaN);
  const value = Math.trunc(sign === "-" ? -ms : ms) + 0;
  return Math.abs(value) <= MAX_DURATION ? value : NaN;
}

function timestampText(ms: number): string | null {
  // as CEL writes it: of the fraction what is not zero
  return Number.isNaN(inRange(ms)) ? null : new Date(ms).toISOString().replace(/\.?0*Z$/, "Z");
}

export const CONVERSIONS: Implementations<(typeof conversions)["functions"][number]["signatures"][number]> = {
  "string(string): string": (value) => value,
  "string(number): string": numberText,
  "string(boolean): string": String,
  "string(timestamp): string": timestampText,
  "string(duration): string": (ms) => `${ms / 1000}s`,
  "int(string): integer": (text) => (INTEGER.test(text) ? whole(Number(text)) : NaN),
  "int(number): integer": whole,
  "int(timestamp): integer": (ms) => whole(Math.floor(ms / 1000)),
  "double(string): number": (text) => (DECIMAL.test(text) ? Number(text) : NaN),
  "double(number): number": (value) => value,
  "bool(string): boolean": (text) => (TRUE.has(text) ? true : FALSE.has(text) ? false : null),
  "bool(boolean): boolean": (value) => value,
  "timestamp(string): timestamp": parseTimestamp,
  "timestamp(integer): timestamp": (seconds) => inRange(seconds * 1000),
  "timestamp(timestamp): timestamp": (ms) => ms,
  "duration(string): duration": parseDuration,
  "duration(duration): duration": (ms) => ms,
};
