import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { partitionOf } from "@o2mc/schema/events/partition.ts";
import { Subjects } from "./subject-key.ts";

test("a subject's key is the start of its HMAC-SHA256 as createHmac makes it", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.array(fc.string({ unit: "binary", maxLength: 512 }), { minLength: 1, maxLength: 4 }),
      (salt, subjects) => {
        const made = new Subjects(Buffer.from(salt).toString("hex"));
        for (const subject of [...subjects, ...subjects]) {
          const expected = createHmac("sha256", salt).update(subject).digest("base64url").slice(0, 22);
          expect(made.get(subject).key).toBe(expected);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("a subject's partition follows from its key, whatever number was asked for before", () => {
  const subject = new Subjects("ab".repeat(32)).get("visitor-1");
  for (const partitions of [4, 1, 7, 4])
    expect(subject.partition(partitions)).toBe(partitionOf(subject.key, partitions));
});

test("what was asked for within a generation is known, what was not is forgotten", () => {
  const subjects = new Subjects("00");
  subjects.get("kept");
  subjects.get("forgotten");
  for (let i = 0; i < 100_000; i++) {
    subjects.get(`s${i}`);
    if (i % 10_000 === 0) subjects.get("kept");
  }
  expect(subjects.known("kept")).toBeDefined();
  expect(subjects.known("forgotten")).toBeUndefined();
});
