import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { cellAt, columnOf } from "@o2mc/schema/events/columns/column.ts";
import { checkExpression, ENVELOPE_TYPES } from "@o2mc/schema/expression/parse.ts";
import { describe, expect, it } from "vitest";
import { generate } from "./generate.ts";
import { foldExpression } from "./fold.ts";
import { TextMemos } from "./text-memos.ts";
import { vectorOf } from "./vector.ts";

const TYPES = new Map<string, FieldType>([
  ["s", "string"],
  ["t.u", "string"],
  ["n", "number"],
  ["m", "number"],
  ["i", "integer"],
  ["j", "integer"],
  ["b", "boolean"],
]);

type Row = Record<string, Scalar>;

/** Over two rows with a dictionary, of which only the second is asked for. */
function evaluate(source: string, row: Row): Scalar | undefined {
  const loops = generate(foldExpression(checkExpression(source, TYPES)));
  const vectors = loops.fields.map((field) => {
    const type = TYPES.get(field) ?? ENVELOPE_TYPES.get(field) ?? "string";
    return vectorOf(columnOf(type, [null, row[field] ?? null]), 2);
  });
  return cellAt(loops.evaluate(2, Uint32Array.of(1), vectors, new TextMemos()), 1);
}

describe("generate", () => {
  it.each<[string, Row, Scalar]>([
    ["event.n * 2 + event.i", { n: 1.5, i: 2 }, 5],
    ["event.n / 0", { n: 1 }, null],
    ["event.n / 0.0 > 1.0", { n: 1 }, true],
    ["event.n / 0.0 == 1.0", { n: 0 }, null],
    ["event.n / 0.0 == 1.0 || true", { n: 0 }, true],
    ["event.i / 2", { i: -3 }, -1],
    ["event.s == null", {}, true],
    ["event.s != null && event.b", { s: "x", b: true }, true],
    ["event.s == event.t.u", {}, null],
    ["event.b && false", {}, false],
    ["event.b || true", {}, true],
    ["event.b && true", {}, null],
    ["event.b ? 1 : 2", {}, null],
    ["event.b ? 1 : null", { b: false }, null],
    ["event.s in ['a', 'b']", { s: "b" }, true],
    ["event.s in ['a', event.t.u]", { s: "a" }, null],
    ["int(event.s)", { s: "12" }, 12],
    ["int(event.s)", { s: "12x" }, null],
    ["double(event.s)", { s: "1.5e1" }, 15],
    ["int(event['$time'])", { $time: 1999 }, 1],
    ["string(event['$time'])", { $time: 0 }, "1970-01-01T00:00:00.000Z"],
    ["timestamp('1970-01-01T00:00:01Z') <= event['$time']", { $time: 1000 }, true],
    ["size(event.s)", { s: "a😀" }, 2],
    ["pathSegment(event.s, 1)", { s: "//a/b/?c/d" }, "b"],
    ["pathSegment(event.s, 2)", { s: "/a/b?c/d/e" }, null],
  ])("%s of %o is %o", (source, values, result) => {
    expect(evaluate(source, values)).toBe(result);
  });

  it("selects only the rows that are true", () => {
    const loops = generate(checkExpression("event.n > 1.0", TYPES));
    const column = vectorOf(columnOf("number", [2, null, 1, 3, 4]), 5);
    expect([...loops.select(5, Uint32Array.of(0, 1, 2, 3), [column], new TextMemos())]).toEqual([0, 3]);
  });

  it("keeps tenant text out of the source", () => {
    const evil = '"];globalThis.broken=1;//';
    expect(evaluate(`event.s == ${JSON.stringify(evil)}`, { s: evil })).toBe(true);
    expect("broken" in globalThis).toBe(false);
  });

  it("matches in linear time", () => {
    expect(evaluate("event.s.matches('^(a+)+$')", { s: `${"a".repeat(5000)}b` })).toBe(false);
  });
});
