import { expect, test } from "vitest";
import { FailedAttempts } from "./failed-attempts.ts";

test("an address that failed too often waits until its window is over", () => {
  const attempts = new FailedAttempts({ limit: 3, windowMs: 1_000 });
  for (let i = 0; i < 3; i++) {
    expect(attempts.wait("192.0.2.1", i)).toBe(0);
    attempts.failed("192.0.2.1", i);
  }
  expect(attempts.wait("192.0.2.1", 400)).toBe(600);
  expect(attempts.wait("192.0.2.2", 400)).toBe(0);
  expect(attempts.wait("192.0.2.1", 1_000)).toBe(0);
  attempts.failed("192.0.2.1", 1_000);
  expect(attempts.wait("192.0.2.1", 1_001)).toBe(0);
});

test.each([
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"],
  ["2001:db8::1", "2001:DB8:0:0:1::"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
])("%s and %s are of one network", (one, other) => {
  const attempts = new FailedAttempts({ limit: 1 });
  attempts.failed(one);
  expect(attempts.wait(other)).toBeGreaterThan(0);
});

test("its memory is bounded, whatever the number of addresses", () => {
  const attempts = new FailedAttempts({ addresses: 100 });
  for (let i = 0; i < 10_000; i++) attempts.failed(`2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::1`);
  expect(attempts.size).toBe(100);
});
