import { expect, it } from "vitest";
import type { FieldDeclaration, Policy } from "../../consent/policy.ts";
import { checkDefinition, type CheckedDefinition } from "../check.ts";
import type { PipelineDefinition } from "../definition.ts";

const field = (path: string, purposes: readonly string[], type: FieldDeclaration["type"] = "string") => ({
  path,
  type,
  purposes,
  description: "",
});

const policy: Policy = {
  version: 1,
  purposes: ["analytics", "ads"].map((name) => ({ name, description: "", legalBasis: "consent", lifetimeDays: 365 })),
  fields: [
    field("page", ["analytics", "ads"]),
    field("ill", ["analytics"]),
    field("n", ["analytics", "ads"], "integer"),
  ],
};

function check(options: object, before: readonly object[] = []): CheckedDefinition {
  const steps = [...before, { sequence: { withinSeconds: 10, ...options } }, { emit: { output: "o" } }];
  const definition = { purposes: ["analytics"], steps } as unknown as PipelineDefinition;
  return checkDefinition(definition, policy, { partitions: 1 });
}

const A = { name: "a", where: 'event.page == "a"' };
const B = { name: "b", where: 'event.page == "b"' };

it.each<[string, object, (readonly object[])?]>([
  ["names no event", { pattern: [] }],
  ["begins with `without`", { pattern: [{ ...A, without: true }, B] }],
  ["two elements a", { pattern: [A, A] }],
  ["can't be both", { pattern: [A, { ...B, repeat: true, without: true }] }],
  ["more than 16", { pattern: Array.from({ length: 17 }, (_, i) => ({ ...A, name: `a${i}` })) }],
  ["no such element", { pattern: [A], columns: [{ as: "x", of: "b", keep: "count" }] }],
  ["has no event", { pattern: [A, { ...B, without: true }], columns: [{ as: "x", of: "b", keep: "count" }] }],
  ["needs a field", { pattern: [A], columns: [{ as: "x", of: "a", keep: "last" }] }],
  ["takes no field", { pattern: [A], columns: [{ as: "x", of: "a", keep: "count", field: "n" }] }],
  ["a second time", { pattern: [A], columns: [{ as: "match.end", of: "a", keep: "count" }] }],
  ["boolean", { pattern: [{ name: "a", where: "event.n" }] }],
  [
    "an earlier window",
    { pattern: [{ name: "a", where: "event.n > 1" }] },
    [{ window: { sizeSeconds: 1, aggregates: [{ as: "n", kind: "count" }] } }],
  ],
])("refuses a pattern: %s", (message, options, before) => {
  expect(() => check(options, before)).toThrowError(message);
});

// that somebody did not do something tells of them what the field tells
it("every column of a match is only for purposes that may see all that the pattern asks", () => {
  const columns = [{ as: "last", of: "a", keep: "last", field: "n" }];
  const purposes = ({ outputs }: CheckedDefinition) =>
    new Map(outputs[0]?.columns.map((column) => [column.name, column.purposes]));
  const open = purposes(check({ pattern: [A, B], by: ["page"], columns }));
  expect([...open.keys()]).toEqual(["match.start", "match.end", "page", "last"]);
  expect([...open.values()]).toEqual(Array.from(open, () => ["analytics", "ads"]));
  for (const closed of [
    check({ pattern: [A, { name: "ill", where: 'event.ill == "x"', without: true }], by: ["page"], columns }),
    check({ pattern: [A, B], by: ["page", "ill"], columns }),
  ]) {
    expect([...new Set(purposes(closed).values())]).toEqual(Array.from(purposes(closed), () => ["analytics"]));
  }
});
