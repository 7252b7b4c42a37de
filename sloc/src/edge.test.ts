import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs } from "./edge.ts";
import { identifier } from "./identifier.ts";

test("back-off stays between half a second and a minute, and grows", () => {
  fc.assert(
    fc.property(fc.nat(200), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const wait = backoffMs(attempt, random);
      expect(wait).toBeGreaterThanOrEqual(500);
      expect(wait).toBeLessThanOrEqual(60_000);
      expect(backoffMs(attempt + 1, random)).toBeGreaterThanOrEqual(wait);
    }),
  );
});

test("identifiers are version 4 UUIDs, also where randomUUID is missing", () => {
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(identifier()).toMatch(form);
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  try {
    for (let n = 0; n < 50; n++) expect(identifier()).toMatch(form);
  } finally {
    // The own property hides the prototype's method.
    Reflect.deleteProperty(crypto, "randomUUID");
  }
});
