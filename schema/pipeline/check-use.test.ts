import { describe, expect, test } from "vitest";
import type { AnonymizedUse, FieldDeclaration, Policy } from "../consent/policy.ts";
import { purpose } from "../consent/testkit/policy-parts.ts";
import { checkUse } from "./check-use.ts";
import { checkDefinition } from "./check.ts";
import { DefinitionError } from "./definition-error.ts";
import { DEFAULT_TIME, type Step } from "./definition.ts";

const field = (
  path: string,
  type: FieldDeclaration["type"],
  purposes: string[],
  ...anonymized: AnonymizedUse[]
): FieldDeclaration => ({ path, type, purposes, description: "", anonymized });

const policy: Policy = {
  version: 1,
  purposes: [purpose("analytics"), purpose("marketing"), purpose("research")],
  fields: [
    field("email", "string", ["marketing"], { methods: ["hash"], purposes: ["analytics"] }),
    field("phone", "string", ["marketing"], { methods: ["mask", "truncate"], purposes: ["analytics"], keep: 3 }),
    field("born", "timestamp", ["marketing"], { methods: ["generalise"], purposes: ["analytics"], to: "month" }),
    field("visitor", "string", ["marketing"], { methods: ["hash"], purposes: ["analytics"], rotate: "week" }),
    field("age", "integer", ["marketing"], { methods: ["generalise"], purposes: ["analytics"], step: 10 }),
    field("plain", "string", ["marketing"]),
    field("$ip", "string", ["marketing"], { methods: ["truncate"], purposes: ["analytics", "research"] }),
    field("page", "string", ["analytics", "marketing", "research"]),
  ],
};

/** "" when the output may be used for the purposes; else the error's sentence */
function use(steps: readonly Step[], ...purposes: string[]): string {
  const definition = { purposes: ["marketing"], time: DEFAULT_TIME, steps };
  const [output] = checkDefinition(definition, policy, { partitions: 1 }).outputs;
  if (output === undefined) throw new Error("no output");
  try {
    checkUse(output, purposes);
    return "";
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    expect(error.code).toBe("purpose-not-permitted");
    return error.message;
  }
}

const emit = (...fields: string[]): Step => ({ emit: { output: "o", fields } });
const hash = (name: string): Step => ({ anonymize: { field: name, method: "hash" } });

describe("an output is used for no purpose that may not see every column", () => {
  test("an error names field, purpose and the step where it came in", () => {
    const map: Step = { map: { set: [{ field: "both", expression: "event.page + event.email" }] } };
    expect(use([{ filter: { where: "event.page != ''" } }, map, emit("both")], "marketing")).toBe("");
    expect(use([{ filter: { where: "event.page != ''" } }, map, emit("both")], "analytics")).toBe(
      "Output o cannot be used for purpose analytics: of its column both, field email, which came in at step 2, may not be seen by it.",
    );
  });

  test.each<[string, Step[]]>([
    ["a rename", [{ rename: { fields: [{ from: "email", to: "page2" }] } }, emit("page2")]],
    ["a concatenation", [{ map: { set: [{ field: "x", expression: "event.email + ''" }] } }, emit("x")]],
    ["a condition", [{ map: { set: [{ field: "x", expression: "event.email == 'a' ? 1 : 2" }] } }, emit("x")]],
    ["a filter", [{ filter: { where: "event.email == 'a'" } }, emit("page")]],
    [
      "a window by it",
      [{ window: { sizeSeconds: 60, by: ["email"], aggregates: [{ as: "n", kind: "count" }] } }, emit("n")],
    ],
    [
      "a session that keeps it",
      [{ sessionize: { gapSeconds: 60, sticky: [{ field: "email", keep: "first", as: "x" }] } }, emit("x")],
    ],
    ["replacing another field by it", [{ map: { set: [{ field: "page", expression: "event.email" }] } }, emit("page")]],
    [
      "a hash after a concatenation",
      [{ map: { set: [{ field: "x", expression: "event.email + ''" }] } }, hash("x"), emit("x")],
    ],
    [
      "a hash of a piece",
      [{ anonymize: { field: "email", method: "truncate", keep: 1 } }, hash("email"), emit("email")],
    ],
    [
      "a hash next to a copy",
      [{ map: { set: [{ field: "copy", expression: "event.email" }] } }, hash("email"), emit("email", "copy")],
    ],
    ["a hash after a filter by it", [{ filter: { where: "event.email == 'a'" } }, hash("email"), emit("email")]],
    ["a method that the policy does not accept", [{ anonymize: { field: "email", method: "mask" } }, emit("email")]],
    ["a field of which it accepts none", [hash("plain"), emit("plain")]],
  ])("%s does not launder", (_, steps) => {
    expect(use(steps, "analytics")).toMatch(/field (email|plain), which came in at step 1, may not be seen by it/);
  });

  test.each<[string, string, Step[]]>([
    ["a hash", "email", [hash("email")]],
    ["a hash under another name", "e", [{ rename: { fields: [{ from: "email", to: "e" }] } }, hash("e")]],
    ["a rename after the hash", "e", [hash("email"), { rename: { fields: [{ from: "email", to: "e" }] } }]],
    [
      "a calculation after the hash",
      "x",
      [hash("email"), { map: { set: [{ field: "x", expression: "event.email + event.page" }] } }],
    ],
    ["a mask that keeps what may stay", "phone", [{ anonymize: { field: "phone", method: "mask", keep: 3 } }]],
    ["a truncated address", "$ip", [{ anonymize: { field: "$ip", method: "truncate" } }]],
    [
      "a unit as coarse",
      "born",
      [{ anonymize: { field: "born", method: "generalise", to: "month", zone: "Asia/Tokyo" } }],
    ],
    ["a coarser unit", "born", [{ anonymize: { field: "born", method: "generalise", to: "year" } }]],
    ["a salt that lasts as long", "visitor", [{ anonymize: { field: "visitor", method: "hash", rotate: "week" } }]],
    ["a salt that lasts less long", "visitor", [{ anonymize: { field: "visitor", method: "hash", rotate: "day" } }]],
    [
      "a rotating salt where none is asked for",
      "email",
      [{ anonymize: { field: "email", method: "hash", rotate: "month" } }],
    ],
    ["a coarser step", "age", [{ anonymize: { field: "age", method: "generalise", step: 20 } }]],
  ])("%s lowers the requirement as the policy says", (_, column, steps) => {
    expect(use([...steps, emit(column)], "marketing", "analytics")).toBe("");
  });

  test.each<[string, Step]>([
    ["phone", { anonymize: { field: "phone", method: "mask", keep: 4 } }],
    ["phone", { anonymize: { field: "phone", method: "truncate", keep: 4096 } }],
    ["$ip", { anonymize: { field: "$ip", method: "truncate", keep: 4096 } }],
    ["age", { anonymize: { field: "age", method: "generalise", step: 9 } }],
    ["born", { anonymize: { field: "born", method: "generalise", to: "day" } }],
    ["visitor", { anonymize: { field: "visitor", method: "hash", rotate: "month" } }],
    ["visitor", { anonymize: { field: "visitor", method: "hash" } }],
    ["age", { anonymize: { field: "age", method: "generalise", step: 0.000001 } }],
  ])("%s with options beyond the policy's does not lower it", (column, step) => {
    expect(use([step, emit(column)], "analytics")).toContain(`field ${column}, which came in at step 1`);
  });

  test("a hash lowers it for the purposes that the policy names, and for no other", () => {
    expect(use([hash("email"), emit("email")], "analytics")).toBe("");
    expect(use([hash("email"), emit("email")], "research")).toContain("purpose research");
  });

  test("anonymizing lets no pipeline read what its own purposes may not see", () => {
    const definition = { purposes: ["analytics"], time: DEFAULT_TIME, steps: [hash("email"), emit("email")] };
    expect(() => checkDefinition(definition, policy, { partitions: 1 })).toThrow(
      "Step 1 reads field email, which the policy does not let purpose analytics see.",
    );
  });
});
