import { DDSketch } from "@datadog/sketches-js";
import { columnOf, type NumberColumn } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { vectorOf } from "../../../compile/vector.ts";
import type { GrowingAggregate } from "./aggregate.ts";
import { Distinct } from "./distinct.ts";
import { Estimate } from "./estimate.ts";
import { Quantile } from "./quantile.ts";
import { Top } from "./top.ts";

function fill(aggregate: GrowingAggregate, values: readonly Scalar[], type: "string" | "number", slot = 0): void {
  const input = vectorOf(columnOf(type, values), values.length);
  for (let row = 0; row < values.length; row++) {
    const before = aggregate.bytes;
    const growth = aggregate.growth(slot, input, row, row);
    aggregate.add(slot, input, row, row);
    // what was asked for is never less than what is taken, but where registers take the place of hashes
    expect(growth).toBeGreaterThanOrEqual(Math.min(aggregate.bytes - before, 40));
  }
}

/** The same state by way of JSON in another column, and of two slots that are put together. */
function again<T extends GrowingAggregate>(make: () => T, from: T): T {
  const copy = make();
  copy.restore([3], JSON.parse(JSON.stringify(from.snapshot([0]))));
  expect(copy.bytes).toBe(from.bytes);
  expect(copy.result(3)).toEqual(from.result(0));
  copy.clear(3);
  expect(copy.bytes).toBe(0);
  return copy;
}

const numbers = fc.array(
  fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
    fc.integer({ min: -50, max: 50 }),
  ),
  { minLength: 1, maxLength: 300 },
);

test("a quantile is within 1 % of the exact one, where Datadog's sketch is, and merges to what one sketch has", () => {
  fc.assert(
    fc.property(numbers, numbers, fc.constantFrom(0, 0.1, 0.5, 0.9, 0.99, 1), (one, two, quantile) => {
      const values = [...one, ...two];
      const ours = new Quantile(quantile);
      fill(ours, values, "number");
      const theirs = new DDSketch({ relativeAccuracy: 0.01 });
      for (const value of values) theirs.accept(value);
      const exact = values.toSorted((a, b) => a - b)[Math.floor(quantile * (values.length - 1))] ?? 0;
      expect(Math.abs(Number(ours.result(0)) - exact)).toBeLessThanOrEqual(0.01 * Math.abs(exact) + 1e-9);
      const found = theirs.getValueAtQuantile(quantile);
      if (exact > 1e-200) expect(Number(ours.result(0)) / found).toBeCloseTo(1, 9);
      again(() => new Quantile(quantile), ours);
      const merged = new Quantile(quantile);
      fill(merged, one, "number", 0);
      fill(merged, two, "number", 1);
      merged.merge(0, 1);
      expect(merged.result(0)).toBe(ours.result(0));
    }),
    { numRuns: 500 },
  );
});

test("a quantile's bins are bounded, whatever comes, and the largest values stay exact to 1 %", () => {
  const sketch = new Quantile(0.9);
  const { values } = columnOf(
    "number",
    Array.from({ length: 20_000 }, (_, i) => 1.03 ** (i / 2 - 9000)),
  ) as NumberColumn;
  fill(sketch, [...values], "number");
  expect(sketch.bytes).toBeLessThanOrEqual(2000 * 50);
  const exact = values[Math.floor(0.9 * 19_999)] as number;
  expect(Math.abs(Number(sketch.result(0)) / exact - 1)).toBeLessThanOrEqual(0.01);
});

test("an estimate is exact up to 64 values, and mostly within 2.3 % of what is more", () => {
  const errors: number[] = [];
  for (let round = 0; round < 30; round++) {
    const n = [10, 64, 65, 300, 2000, 7000, 30_000][round % 7] as number;
    const estimate = new Estimate();
    const values = Array.from({ length: n }, (_, i) => `visitor ${round}-${i}`);
    fill(estimate, [...values, ...values.slice(0, 50), null], "string");
    const found = estimate.result(0);
    if (n <= 64) expect(found).toBe(n);
    else errors.push(found / n - 1);
    expect(estimate.bytes).toBeLessThanOrEqual(64 * 40);
    again(() => new Estimate(), estimate);
  }
  // a standard error of 2.3 %, without a bias
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
  expect(Math.abs(mean)).toBeLessThan(0.015);
  expect(deviation).toBeLessThan(0.03);
  expect(deviation).toBeGreaterThan(0.005);
});

test("estimates of two slots merge to the estimate of all, small or large", () => {
  const text = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `v${from + i}`);
  for (const [a, b] of [
    [text(0, 20), text(10, 40)],
    [text(0, 50), text(20, 90)],
    [text(0, 500), text(400, 420)],
    [text(0, 20), text(0, 500)],
    [text(0, 2000), text(1000, 3000)],
  ] as const) {
    const all = new Estimate();
    fill(all, [...a, ...b], "string");
    const merged = new Estimate();
    fill(merged, a, "string", 0);
    fill(merged, b, "string", 1);
    merged.merge(0, 1);
    merged.clear(1);
    expect(merged.result(0)).toBe(all.result(0));
    expect(merged.bytes).toBe(all.bytes);
  }
});

test("top is exact while there is a counter for each value, and says how far off it may be after that", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.integer({ min: 0, max: 30 }).map((n) => `v${Math.floor(n ** 1.4)}`),
        { maxLength: 400 },
      ),
      fc.nat(400),
      (values, cut) => {
        const top = new Top(1);
        fill(top, values.slice(0, cut), "string", 0);
        fill(top, values.slice(cut), "string", 1);
        top.merge(0, 1);
        top.clear(1);
        again(() => new Top(1), top);
        const counts = new Map<string, number>();
        for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
        const found = JSON.parse(String(top.result(0) ?? "[]")) as { value: string; count: number; error: number }[];
        expect(found).toHaveLength(Math.min(1, counts.size));
        for (const { value, count, error } of found) {
          const exact = counts.get(value) ?? 0;
          expect(count).toBeGreaterThanOrEqual(exact);
          expect(count - error).toBeLessThanOrEqual(exact);
          if (counts.size <= 8) expect({ count, error }).toEqual({ count: Math.max(...counts.values()), error: 0 });
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("distinct values are exact up to the bound and null beyond it, for good, and then take no memory", () => {
  const distinct = new Distinct(3);
  fill(distinct, ["a", "b", null, "a", "c"], "string");
  expect(distinct.result(0)).toBe(3);
  again(() => new Distinct(3), distinct);
  fill(distinct, ["d"], "string");
  fill(distinct, ["a"], "string");
  expect([distinct.result(0), distinct.bytes]).toEqual([null, 0]);
  again(() => new Distinct(3), distinct);
  fill(distinct, ["x"], "string", 1);
  distinct.merge(1, 0);
  expect([distinct.result(1), distinct.bytes]).toEqual([null, 0]);
});
