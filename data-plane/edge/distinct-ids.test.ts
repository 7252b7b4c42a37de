import fc from "fast-check";
import { expect, test } from "vitest";
import { DistinctIds } from "./distinct-ids.ts";

test("an id is refused exactly when it was there before, in whatever order ids come", () => {
  const ids = fc.array(fc.oneof(fc.integer({ min: 0, max: 120 }).map(String), fc.string({ maxLength: 2 })));
  fc.assert(
    fc.property(ids, fc.boolean(), (given, sorted) => {
      const order = sorted ? given.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1)) : given;
      const distinct = new DistinctIds();
      const seen = new Set<string>();
      for (const id of order) {
        expect(distinct.add(id)).toBe(!seen.has(id));
        seen.add(id);
      }
    }),
  );
});
