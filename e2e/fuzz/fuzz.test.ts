import { expect, test } from "vitest";
import { fuzzBodies, fuzzEdge } from "./edge/fuzz-edge.ts";
import { fuzzExpressions } from "./expressions/fuzz-expressions.ts";
import { fuzzFrames } from "./frames/fuzz-frames.ts";
import { fuzzPipelines } from "./pipelines/fuzz-pipelines.ts";

// `npm run fuzz -- 1000000` does the same for longer; what it finds becomes a test beside the code that was wrong
const nats = process.env["O2MC_NATS_SERVER"];

const OUTCOMES = [
  "accepted",
  "expired",
  "malformed-consent",
  "no-consent",
  "no-lane",
  "opted-out",
  "outdated-policy",
  "unknown-purpose",
  "unknown-wording",
  "withdrawn",
];

test("nothing gets through the edge's door that a slow oracle of the policy forbids, and all that it allows does", async () => {
  const { events, fared } = await fuzzEdge(6000, 1, nats);
  expect(events).toBeGreaterThanOrEqual(6000);
  // every rule has been met
  expect(Object.keys(fared).toSorted()).toEqual(OUTCOMES);
});

test("a body with any bytes is answered by the catalogue, and shows no lane what it may not see", async () => {
  expect(await fuzzBodies(300, 1, nats)).toBeGreaterThanOrEqual(300);
});

test("bytes are a frame or a FrameError, and hold no more than their size", () => {
  expect(fuzzFrames(5000, 1)).toBe(5000);
});

test("a definition is refused with a DefinitionError, or runs on whatever comes", () => {
  expect(fuzzPipelines(2000, 1).valid).toBeGreaterThan(200);
});

test("generated expressions give what the library's own evaluator gives", { timeout: 180_000 }, () => {
  const { cases, values } = fuzzExpressions(100_000, 1);
  expect(cases).toBeGreaterThan(95_000);
  // not by being null alone
  expect(values).toBeGreaterThan(cases / 3);
});
