import { expect, it } from "vitest";
import type { SampleOptions } from "@o2mc/schema/pipeline/steps/sample.ts";
import { output, testPipeline } from "../../testkit/deployment.ts";
import { TestLog } from "../../testkit/engine.ts";

/** ids of what is left of 10 rows of each of 1,000 subjects: `subject.row` */
function kept(options: SampleOptions, rowsAFrame: number): string[] {
  const pipeline = testPipeline({
    steps: [{ sample: options }, { emit: { output: "some" } }],
    outputs: [output("some", ["$id"])],
  });
  const log = new TestLog([pipeline]);
  const events = Array.from({ length: 10_000 }, (_, i) => {
    const subject = `s${i % 1000}`;
    return { id: `${subject}.${Math.floor(i / 1000)}`, subject, time: i };
  });
  for (let start = 0; start < events.length; start += rowsAFrame) log.frame(events.slice(start, start + rowsAFrame));
  return log.rows.map((row) => String(row["$id"])).sort();
}

it("keeps about the share of subjects, each whole, and the same ones whatever the frames", () => {
  const ids = kept({ rate: 0.2, by: "subject" }, 999);
  expect(ids.length / 10_000).toBeCloseTo(0.2, 1);
  expect(new Set(ids.map((id) => id.split(".")[0])).size * 10).toBe(ids.length);
  expect(kept({ rate: 0.2, by: "subject" }, 77)).toEqual(ids);
});

it("keeps about the share of rows by id", () => {
  const ids = kept({ rate: 0.2, by: "id" }, 500);
  expect(ids.length / 10_000).toBeCloseTo(0.2, 1);
  expect(new Set(ids.map((id) => id.split(".")[0])).size).toBeGreaterThan(600);
});

it("a smaller sample lies within a larger one of the same salt, and beside one of another", () => {
  const large = new Set(kept({ rate: 0.5, by: "id" }, 500));
  const small = kept({ rate: 0.1, by: "id" }, 500);
  expect(small.every((id) => large.has(id))).toBe(true);
  const other = kept({ rate: 0.1, by: "id", salt: "other" }, 500);
  expect(other.filter((id) => large.has(id)).length / other.length).toBeCloseTo(0.5, 1);
});

it("of all is all and of none is none", () => {
  expect(kept({ rate: 1, by: "id" }, 500)).toHaveLength(10_000);
  expect(kept({ rate: 0, by: "subject" }, 500)).toEqual([]);
});
