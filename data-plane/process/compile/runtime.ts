import type { Constant } from "@o2mc/schema/expression/node.ts";
import { durationInRange, inRange } from "./functions/time-range.ts";
import { boundedList, boundedText, MAX_ITERATIONS, ValueTooLarge } from "./limits.ts";

/**
 * What generated code calls for operators. Every function gets non-null operands and answers null where CEL has an error;
 * where the answer is a number, null is NaN.
 */
export const runtime = {
  /** @throws ValueTooLarge */
  concatenate(a: string, b: string): string {
    // before they are joined: V8 joins texts without copying them, but not beyond half a gigabyte
    boundedText(a.length + b.length);
    return a + b;
  },

  /** @throws ValueTooLarge */
  append(a: readonly unknown[], b: readonly unknown[]): readonly unknown[] {
    return boundedList([...a, ...b]);
  },

  divideIntegers(a: number, b: number): number {
    return b === 0 ? NaN : Math.trunc(a / b) + 0;
  },

  remainder(a: number, b: number): number {
    return b === 0 ? NaN : (a % b) + 0;
  },

  timestamp: inRange,
  duration: durationInRange,

  /** Keys and values in turn; null when a key is there twice. */
  mapOf(entries: readonly unknown[]): ReadonlyMap<unknown, unknown> | null {
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < entries.length; i += 2) map.set(entries[i], entries[i + 1]);
    return map.size * 2 === entries.length ? map : null;
  },

  includes(list: readonly Constant[], item: Constant): boolean {
    return list.some((each) => runtime.equal(each, item));
  },

  equal(a: Constant, b: Constant): boolean {
    if (Array.isArray(a) && Array.isArray(b)) {
      const other: readonly Constant[] = b;
      return a.length === b.length && a.every((each: Constant, i) => runtime.equal(each, other[i] ?? null));
    }
    if (a instanceof Map && b instanceof Map) {
      return (
        a.size === b.size && [...a].every(([key, value]) => b.has(key) && runtime.equal(value, b.get(key) ?? null))
      );
    }
    return a === b;
  },

  tooManyIterations(): never {
    throw new ValueTooLarge(`more than ${MAX_ITERATIONS} iterations`);
  },
};
