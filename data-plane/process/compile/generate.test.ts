import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { cellAt, columnOf } from "@o2mc/schema/events/columns/column.ts";
import { checkExpression, ENVELOPE_TYPES } from "@o2mc/schema/expression/parse.ts";
import { describe, expect, it } from "vitest";
import { generate } from "./generate.ts";
import { foldExpression } from "./fold.ts";
import { ValueTooLarge } from "./limits.ts";
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
    ["string(event['$time'])", { $time: 0 }, "1970-01-01T00:00:00Z"],
    ["string(event['$time'])", { $time: 1250 }, "1970-01-01T00:00:01.25Z"],
    ["timestamp('1970-01-01T00:00:01Z') <= event['$time']", { $time: 1000 }, true],
    ["size(event.s)", { s: "a😀" }, 2],
    ["event.i + 1", { i: Number.MAX_SAFE_INTEGER }, null],
    ["event.i - 2", { i: -Number.MAX_SAFE_INTEGER }, null],
    ["event.i * event.j", { i: 94906267, j: 94906267 }, null],
    ["event.i * event.j", { i: 94906265, j: 94906265 }, 9007199136250225],
    ["event.n / 0 == event.n / -0.0", { n: 1 }, false],
    ["event.b ? (event.b ? null : null) : 1.0", { b: true }, null],
    ["event.s.orValue('none')", {}, "none"],
    ["event.?t.u.orValue(event.s)", { s: "x" }, "x"],
    ["{'a': 1.5, 'b': 2.5}[event.s]", { s: "b" }, 2.5],
    ["{'a': 1.5, 'b': 2.5}[event.s]", { s: "constructor" }, null],
    ["{event.s: 1, 'b': 2}.b", { s: "b" }, null],
    ["has({'a': 1}.constructor)", {}, false],
    ["[1, 2][event.i]", { i: -1 }, null],
    ["[event.i].first()", { i: 7 }, 7],
    ["[event.i].filter(x, x > 9).first() == null", { i: 7 }, true],
    ["cel.bind(x, event.i, x + 1) + cel.bind(x, event.j, x + 1)", { i: 1, j: 10 }, 13],
    ["[1, 2].map(x, x + event.i)[1] + [5, 6].map(x, x + event.i)[1]", { i: 1 }, 10],
    ["event.s.split(',').exists(x, int(x) > 1)", { s: "x,2" }, true],
    ["event.s.split(',').exists(x, int(x) > 5)", { s: "x,2" }, null],
    ["event.s.split(',').all(x, int(x) > 5)", { s: "x,2" }, false],
    ["json.value(event.s, '__proto__')", { s: "{}" }, null],
    ["json.integer(event.s, 'a')", { s: '{"a":9007199254740993}' }, null],
    ["regex.replace(event.s, '(a)(b)', r'\\2\\1')", { s: "xaby" }, "xbay"],
    ["regex.replace(event.s, 'a', r'\\1')", { s: "a" }, null],
    [
      "date.startOf(timestamp(event.s), 'day', 'Europe/Amsterdam') == timestamp('2026-10-24T22:00:00Z')",
      { s: "2026-10-25T12:00:00Z" },
      true,
    ],
    ["event['$time'].getHours('Europe/Amsterdam')", { $time: Date.UTC(2026, 9, 25, 0, 59, 59) }, 2],
    ["event['$time'].getHours('Europe/Amsterdam')", { $time: Date.UTC(2026, 9, 25, 1) }, 2],
    ["event['$time'].getHours('Europe/Amsterdam')", { $time: Date.UTC(2026, 9, 25, 2) }, 3],
    ["event['$time'].getHours(event.s)", { $time: 0, s: "Europe/Nowhere" }, null],
    [
      "date.startOf(event['$time'], 'hour', 'Asia/Kathmandu')",
      { $time: Date.UTC(2026, 0, 1, 0, 20) },
      Date.UTC(2026, 0, 1, 0, 15),
    ],
    [
      "date.startOf(event['$time'], 'year', 'Asia/Kathmandu')",
      { $time: Date.UTC(2026, 0, 1, 0, 20) },
      Date.UTC(2025, 11, 31, 18, 15),
    ],
    [
      "date.startOf(event['$time'], 'day', 'America/Sao_Paulo')",
      { $time: Date.UTC(2018, 10, 4, 12) },
      Date.UTC(2018, 10, 4, 3),
    ],
    ["event.s.lastIndexOf(event.t.u)", { s: "a🙂", "t.u": "\ude42" }, -1],
    ["event.s.indexOf(event.t.u)", { s: "🙂\ude42", "t.u": "\ude42" }, 1],
    ["timestamp(event.s)", { s: "2026-02-30T00:00:00Z" }, null],
    ["url.host(event.s)", { s: "/a" }, null],
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

  it("computes once for a text what several expressions ask of it", () => {
    const column = vectorOf(columnOf("string", ["https://a.example/", "https://a.example/"]), 2);
    const memos = new TextMemos();
    const run = (source: string) =>
      generate(checkExpression(source, TYPES)).evaluate(2, Uint32Array.of(0, 1), [column], memos);
    const hosts = run("url.host(event.s)");
    expect(cellAt(hosts, 1)).toBe("a.example");
    // what stands in the memo now is what all others see
    if (hosts.kind === "text") (hosts.values as string[])[hosts.codes?.[1] ?? 1] = "b.example";
    expect(cellAt(run("url.host(event.s) == 'b.example'"), 1)).toBe(true);
    expect(cellAt(run("sha256(url.host(event.s)) == sha256('b.example')"), 1)).toBe(true);
  });

  it.each([
    ["event.s.split('a')", "a".repeat(1500), "size"],
    ["event.s.split('').map(x, event.s)", "a".repeat(1000), "join"],
    ["event.s.split('').map(x, event.s.split('').exists(y, y == 'b'))", "a".repeat(150), "size"],
    ["[event.s.replace('a', event.s)]", "a".repeat(1000), "size"],
    ["[regex.replace(event.s, 'a', event.s)]", "a".repeat(1000), "size"],
    ["lists.range(1000).map(x, lists.range(1000).exists(y, y < x - 5000))", "", "size"],
    ["lists.range(1001)", "", "size"],
    ["lists.range(1000).map(x, (event.s + string(x)).matches('(a|b)*c'))", "a".repeat(60_000), "size"],
    ["lists.range(1000).map(x, lists.range(999).map(y, x).sort().size())", "", "size"],
  ])("refuses what takes too much: %s", (source, s, method) => {
    expect(() => evaluate(`${source}.${method}() == ${method === "join" ? "''" : "0"}`, { s })).toThrow(ValueTooLarge);
  });

  it("does not compute what no row asks for", () => {
    expect(evaluate("event.b && lists.range(1001).size() == 0", { b: false })).toBe(false);
  });

  it("folds what no row decides, and reads no field for it", () => {
    const fold = (source: string) => foldExpression(checkExpression(source, TYPES));
    expect(fold("[1, 2].map(x, x * 2)[1] + size('ab')")).toMatchObject({
      ast: { kind: "literal", value: 6 },
      fields: [],
    });
    expect(fold("1 > 2 && event.b")).toMatchObject({ ast: { kind: "literal", value: false }, fields: [] });
    expect(fold("(1 < 2 ? event.i : event.j) + 1").fields).toEqual(["i"]);
    expect(fold("event.i + (2 - 1)").ast).toMatchObject({ right: { kind: "literal", value: 1 } });
    expect(fold("int('x') == 1 || event.b").fields).toEqual(["b"]);
  });

  it("reads numbers in linear time", () => {
    expect(evaluate("double(event.s)", { s: `${"1".repeat(500_000)}x` })).toBe(null);
    expect(evaluate("duration(event.s) == duration('1s')", { s: `${"1".repeat(500_000)}x` })).toBe(null);
  });

  it("matches in linear time", () => {
    expect(evaluate("event.s.matches('^(a+)+$')", { s: `${"a".repeat(5000)}b` })).toBe(false);
  });
});
