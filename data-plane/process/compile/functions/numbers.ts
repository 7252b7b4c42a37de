import type { numbers } from "@o2mc/schema/expression/functions/numbers.ts";
import type { Implementations } from "./implementation.ts";

// of an empty list, which has neither: null
const greatest = (list: readonly number[]): number =>
  list.reduce((most, value) => (value > most ? value : most), list[0] ?? NaN);
const least = (list: readonly number[]): number =>
  list.reduce((most, value) => (value < most ? value : most), list[0] ?? NaN);

const round = (value: number): number => {
  const down = Math.trunc(value);
  return Math.abs(value - down) >= 0.5 ? down + Math.sign(value) : down;
};

/** Of 64-bit numbers, as CEL has them; null (NaN) where the result is beyond what ours hold exactly. */
function bits(compute: () => bigint): number {
  const value = Number(BigInt.asIntN(64, compute()));
  return Number.isSafeInteger(value) ? value : NaN;
}

const shift = (value: number, by: number, compute: (bits: bigint, by: bigint) => bigint): number =>
  by < 0 ? NaN : by > 63 ? 0 : bits(() => compute(BigInt.asUintN(64, BigInt(value)), BigInt(by)));

export const NUMBERS: Implementations<(typeof numbers)["functions"][number]["signatures"][number]> = {
  "math.greatest(integer, ...): integer": (...list) => greatest(list),
  "math.greatest(number, ...): number": (...list) => greatest(list),
  "math.greatest(list<integer>): integer": greatest,
  "math.greatest(list<number>): number": greatest,
  "math.least(integer, ...): integer": (...list) => least(list),
  "math.least(number, ...): number": (...list) => least(list),
  "math.least(list<integer>): integer": least,
  "math.least(list<number>): number": least,
  "math.ceil(number): number": Math.ceil,
  "math.floor(number): number": Math.floor,
  "math.round(number): number": round,
  "math.trunc(number): number": Math.trunc,
  "math.abs(integer): integer": Math.abs,
  "math.abs(number): number": Math.abs,
  "math.sign(integer): integer": Math.sign,
  "math.sign(number): number": Math.sign,
  "math.sqrt(number): number": Math.sqrt,
  "math.isInf(number): boolean": (value) => !Number.isFinite(value),
  "math.isFinite(number): boolean": Number.isFinite,
  "math.bitAnd(integer, integer): integer": (a, b) => bits(() => BigInt(a) & BigInt(b)),
  "math.bitOr(integer, integer): integer": (a, b) => bits(() => BigInt(a) | BigInt(b)),
  "math.bitXor(integer, integer): integer": (a, b) => bits(() => BigInt(a) ^ BigInt(b)),
  "math.bitNot(integer): integer": (a) => bits(() => ~BigInt(a)),
  "math.bitShiftLeft(integer, integer): integer": (a, by) => shift(a, by, (value, n) => value << n),
  "math.bitShiftRight(integer, integer): integer": (a, by) => shift(a, by, (value, n) => value >> n),
};
