import { describe, expect, it } from "vitest";
import type { FieldType } from "../consent/policy.ts";
import { ExpressionError } from "./error.ts";
import { checkExpression } from "./parse.ts";

const columns = new Map<string, FieldType>([
  ["page.path", "string"],
  ["price", "number"],
  ["count", "integer"],
  ["member", "boolean"],
  ["seen", "timestamp"],
  ["$subject", "string"],
]);

function errorOf(source: string, expected?: FieldType): ExpressionError {
  try {
    checkExpression(source, columns, expected);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`no error: ${source}`);
}

describe("checkExpression", () => {
  it.each<[string, FieldType, string[]]>([
    ['event.page.path.startsWith("/a") && event.count > 1', "boolean", ["page.path", "count"]],
    ['event["$subject"] + event["page.path"]', "string", ["$subject", "page.path"]],
    ['event["$type"] == "view" || event["$time"] < event.seen', "boolean", ["$type", "$time", "seen"]],
    ["event.count + 1", "integer", ["count"]],
    ["event.price * 2", "number", ["price"]],
    ["event.member ? event.count : event.price", "number", ["member", "count", "price"]],
    ["event.member ? event.count : null", "integer", ["member", "count"]],
    [
      'event.count in [1, 2] || !has(event.price) || event.page.path.matches("^/a+$")',
      "boolean",
      ["count", "price", "page.path"],
    ],
    ["sha256(pathSegment(event.page.path, 0).lowerAscii())", "string", ["page.path"]],
    ["int(event.price) % 2 + size(event.page.path)", "integer", ["price", "page.path"]],
    ["event.price == null", "boolean", ["price"]],
    ['event.?page.path.orValue("")', "string", ["page.path"]],
    ["[event.price, event.count][0]", "number", ["price", "count"]],
    ['{"a": 1, "b": 2}[event.page.path]', "integer", ["page.path"]],
    [
      'event.page.path.split("/").filter(x, x != "").map(x, x.size()).exists(n, n == event.count)',
      "boolean",
      ["page.path", "count"],
    ],
    ["event.seen - duration('1h')", "timestamp", ["seen"]],
    ["(event.seen - event.seen).getHours()", "integer", ["seen"]],
    ["math.greatest(event.count, 2)", "integer", ["count"]],
    ["math.greatest(event.count, 2.5)", "number", ["count"]],
    ["[[1], []][0].size()", "integer", []],
    ["cel.bind(x, event.count, x * x)", "integer", ["count"]],
    ["[1].exists(url, url == 1)", "boolean", []],
  ])("types %s", (source, type, fields) => {
    expect(checkExpression(source, columns)).toMatchObject({ type, fields });
  });

  it("lets an integer stand where a number is expected, not the other way round", () => {
    expect(checkExpression("event.count", columns, "number").type).toBe("integer");
    expect(errorOf("event.price", "integer").code).toBe("EXPRESSION_TYPE");
  });

  it.each([
    ["event.price >", "EXPRESSION_SYNTAX"],
    ["event.nope > 1", "EXPRESSION_UNKNOWN_FIELD"],
    ["event.__proto__ == null", "EXPRESSION_UNKNOWN_FIELD"],
    ["event.page", "EXPRESSION_UNKNOWN_FIELD"],
    ["event", "EXPRESSION_UNSUPPORTED"],
    ["price > 1", "EXPRESSION_UNSUPPORTED"],
    ["event[event.page.path] == 1", "EXPRESSION_UNSUPPORTED"],
    ["event.page.path.exists(x, x > 1)", "EXPRESSION_TYPE"],
    ["[1].exists(event, true)", "EXPRESSION_UNSUPPORTED"],
    ["[1].exists(x, x)", "EXPRESSION_TYPE"],
    ["[1, 'a'] == []", "EXPRESSION_TYPE"],
    ["[null] == []", "EXPRESSION_TYPE"],
    ["{'a': 1, 'a': 2}.a", "EXPRESSION_TYPE"],
    ["{1.5: 1}[1.5]", "EXPRESSION_TYPE"],
    ["[1]['a']", "EXPRESSION_TYPE"],
    ["x", "EXPRESSION_UNSUPPORTED"],
    ["[1].map(x, x)", "EXPRESSION_TYPE"],
    ['duration("1s")', "EXPRESSION_TYPE"],
    ["constructor(event.count)", "EXPRESSION_UNKNOWN_FUNCTION"],
    ["event.page.path.constructor()", "EXPRESSION_UNKNOWN_FUNCTION"],
    ["math.constructor(1)", "EXPRESSION_UNKNOWN_FUNCTION"],
    ["event.count.size()", "EXPRESSION_TYPE"],
    ["event.page.path.substring(1, 2, 3)", "EXPRESSION_TYPE"],
    ["event.seen + event.seen", "EXPRESSION_TYPE"],
    ['event.seen.getHours("Europe/Nowhere")', "EXPRESSION_PATTERN"],
    ['json.value(event.page.path, "a..b")', "EXPRESSION_PATTERN"],
    ['date.startOf(event.seen, "second", "UTC")', "EXPRESSION_PATTERN"],
    ['event.page.path.matches("\\\\pL{900}\\\\pL{900}\\\\pL{900}")', "EXPRESSION_PATTERN"],
    ["1u == 1u", "EXPRESSION_UNSUPPORTED"],
    ["event.price + event.page.path", "EXPRESSION_TYPE"],
    ["event.count && true", "EXPRESSION_TYPE"],
    ["event.price % 2", "EXPRESSION_TYPE"],
    ["null", "EXPRESSION_TYPE"],
    ["event.page.path.matches(event.page.path)", "EXPRESSION_PATTERN"],
    ['event.page.path.matches("(")', "EXPRESSION_PATTERN"],
    ["99999999999999999999 > 1", "EXPRESSION_UNSUPPORTED"],
    [`"${"x".repeat(5000)}" == ""`, "EXPRESSION_TOO_LARGE"],
    [Array.from({ length: 250 }, () => "1").join("+"), "EXPRESSION_TOO_LARGE"],
    [`${"(".repeat(500)}1${")".repeat(500)}`, "EXPRESSION_TOO_LARGE"],
  ])("refuses %s", (source, code) => {
    expect(errorOf(source).code).toBe(code);
  });

  it("says where", () => {
    expect(errorOf("true &&\n  event.nope")).toMatchObject({ line: 2, column: 3 });
  });

  it.each<[string, Partial<ExpressionError>]>([
    ["event.pgae.path", { near: "page.path", message: "there is no field pgae.path; the nearest is page.path" }],
    ["event.zzzzzz", { near: undefined, message: "there is no field zzzzzz" }],
    ["event.page.path.startWith('a')", { near: "startsWith" }],
    ["url.hots(event.page.path)", { near: "url.host" }],
    ["price > 1.0", { near: "event.price" }],
    [
      "event.page.path.substring(event.page.path)",
      { expected: "integer", found: "string", column: 27, message: "substring takes integer here, and this is string" },
    ],
    ["trim(event.page.path)", { message: "there is no function trim; it is written string.trim(): string" }],
    ["event.count == 'a'", { expected: "integer", found: "string" }],
  ])("says of %s what is near, what it expects and what it found", (source, error) => {
    expect(errorOf(source)).toMatchObject(error);
  });

  it("knows that session rows have no envelope", () => {
    expect(() => checkExpression('event["$type"]', columns, undefined, { envelope: false })).toThrow(ExpressionError);
  });
});
