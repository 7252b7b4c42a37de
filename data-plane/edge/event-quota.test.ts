import { expect, test } from "vitest";
import { EventQuota } from "./event-quota.ts";

test("a tenant without a quota is not limited, and one that gets one starts with its burst", () => {
  const quota = new EventQuota();
  expect(quota.take(1e9, undefined, 0)).toBe(0);
  expect(quota.take(200, 100, 1)).toBe(0);
  expect(quota.take(1, 100, 1)).toBeGreaterThan(0);
});

test("asking whether there is room takes nothing", () => {
  const quota = new EventQuota();
  for (let i = 0; i < 1000; i++) expect(quota.wait(100, 1)).toBe(0);
  expect(quota.take(200, 100, 1)).toBe(0);
  expect(quota.wait(100, 1)).toBe(quota.take(1, 100, 1));
});

test("over a minute no more events pass than the rate and one burst, however they come", () => {
  for (const size of [1, 7, 500, 5_000]) {
    const quota = new EventQuota();
    let passed = 0;
    for (let now = 0; now <= 60_000; now += 5) if (quota.take(size, 1000, now) === 0) passed += size;
    expect(passed).toBeLessThanOrEqual(60 * 1000 + 2 * 1000 + size);
    expect(passed).toBeGreaterThanOrEqual(Math.min(59 * 1000, 12_000 * size));
  }
});

test("who waits as long as it was told is taken", () => {
  const quota = new EventQuota();
  let now = 0;
  for (let i = 0; i < 20; i++) {
    const wait = quota.take(3_500, 1000, now);
    if (wait > 0) {
      now += wait * 1000;
      expect(quota.take(3_500, 1000, now)).toBe(0);
    }
  }
  expect(now).toBeGreaterThan(0);
});
