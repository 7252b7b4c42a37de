import fc from "fast-check";
import { expect, test } from "vitest";
import { TextIndex } from "./text-index.ts";

// few texts that collide in a small table, and many that make it grow
const text = fc.oneof(
  fc.nat({ max: 40 }).map(String),
  fc.nat({ max: 4000 }).map((n) => `subject-${n}`),
);
const change = fc.record({ text, remove: fc.boolean() });

test("numbers texts as a Map would, each apart from all others, whatever is added and taken out", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400 }), (changes) => {
      const index = new TextIndex();
      const known = new Map<string, number>();
      for (const { text: one, remove } of changes) {
        expect(index.find(one)).toBe(known.get(one) ?? -1);
        if (remove) {
          index.remove(one);
          known.delete(one);
        } else if (!known.has(one)) {
          known.set(one, index.add(one));
        }
      }
      for (const [one, entry] of known) expect(index.find(one)).toBe(entry);
      expect(index.size).toBe(known.size);
      expect([...index.entries()].toSorted((a, b) => a - b)).toEqual([...known.values()].toSorted((a, b) => a - b));
      expect(new Set(known.values()).size).toBe(known.size);
    }),
    { numRuns: 300 },
  );
});

test("goes on being right with many texts, half of them taken out again", () => {
  const index = new TextIndex();
  const entries = Array.from({ length: 50_000 }, (_, i) => index.add(`visitor-${i}`));
  for (let i = 0; i < 50_000; i += 2) index.remove(`visitor-${i}`);
  for (let i = 0; i < 50_000; i++) expect(index.find(`visitor-${i}`)).toBe(i % 2 === 0 ? -1 : entries[i]);
});
