import { expect, it } from "vitest";
import { decodeResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { output, SESSIONS, testPipeline } from "../testkit/deployment.ts";
import { TestLog } from "../testkit/engine.ts";

const PASS = testPipeline({
  id: "pass",
  steps: [{ emit: { output: "all" } }],
  outputs: [output("all", ["page.path"])],
});
const WINDOWS = testPipeline({
  id: "windows",
  steps: [
    { window: { kind: "tumbling", sizeSeconds: 60, by: ["$subject"], aggregates: [{ as: "n", kind: "count" }] } },
    { emit: { output: "counts" } },
  ],
  outputs: [output("counts", ["$subject", "n"])],
});

const SEQUENCES = testPipeline({
  id: "sequences",
  steps: [
    {
      sequence: {
        by: [],
        pattern: [
          { name: "first", where: "event.page.path == '/'" },
          { name: "second", where: "event.page.path == '/'" },
        ],
        withinSeconds: 60,
        columns: [],
        matches: "all",
      },
    },
    { emit: { output: "pairs" } },
  ],
  outputs: [output("pairs", ["match.start"])],
});

/** The policy version of each row, by subject. */
const versions = ({ messages }: TestLog) =>
  Object.fromEntries(
    messages.flatMap(({ data }) => {
      const { subjectKey = [], policy } = decodeResultFrame(data);
      return subjectKey.map((key, i) => [key, policy?.[i] ?? 0] as const);
    }),
  );

const event = (subject: string, n: number, source = "src") => ({
  id: `${subject}${n}`,
  subject,
  source,
  time: 1000 * n,
  values: { $subject: subject, "page.path": "/" },
});

// defect: deliver and subscribers could not tell that a result's consent was only claimed under an older policy
it("says of each row which policy its subject's own consent was given under, and 0 where an owner's counts", () => {
  const log = new TestLog([PASS]);
  log.frame([event("a", 1), event("machine", 1, "machines")], { policy: 3 });
  expect(versions(log)).toEqual({ a: 3, machine: 0 });
  log.frame([event("machine", 2, "machines")], { policy: 3 });
  expect(decodeResultFrame(log.messages.at(-1)?.data ?? new Uint8Array()).policy).toBeUndefined();
});

it.each([
  ["session", SESSIONS, { machine: 0, new: 4 }],
  ["window", WINDOWS, { machine: 0, new: 4 }],
  // one event alone is no match
  ["sequence", SEQUENCES, {}],
])("a %s has the oldest of its rows, after a restart too", (_, pipeline, ofOne) => {
  const log = new TestLog([pipeline]);
  log.frame([event("old", 1), event("mixed", 1, "machines"), event("machine", 1, "machines")], { policy: 3 });
  log.restart();
  log.frame([event("old", 2), event("mixed", 2), event("new", 2)], { policy: 4 });
  log.finish();
  expect(versions(log)).toEqual({ old: 3, mixed: 4, ...ofOne });
});

it("asks for what completes with that version", () => {
  const asked: (readonly [string, string | undefined, number])[] = [];
  const log = new TestLog([SESSIONS], {
    recheck: (...question) => {
      asked.push(question);
      return question[1] === undefined ? "outdated-policy" : undefined;
    },
  });
  log.frame([event("a", 1)], { policy: 3 });
  log.finish();
  expect(asked).toEqual([
    ["a", "src", 3],
    ["a", undefined, 3],
  ]);
  expect(log.rows).toEqual([]);
});

it("takes up state from before it said so", () => {
  const log = new TestLog([SESSIONS, WINDOWS]);
  log.frame([event("a", 1)], { policy: 3 });
  const state = log.engine.snapshot();
  const older = state.pipelines.map((pipeline) => ({
    ...pipeline,
    steps: pipeline.steps.map((step) => ({ ...(step as object), policy: undefined })),
  }));
  log.restart({ ...state, pipelines: older });
  log.finish();
  expect(versions(log)).toEqual({ a: 0 });
  expect(log.rows).toHaveLength(2);
});
