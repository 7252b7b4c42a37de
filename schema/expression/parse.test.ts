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
    ["[1].exists(x, x > 1)", "EXPRESSION_UNSUPPORTED"],
    ["constructor(event.count)", "EXPRESSION_UNSUPPORTED"],
    ["event.price + event.page.path", "EXPRESSION_TYPE"],
    ["event.count && true", "EXPRESSION_TYPE"],
    ["event.price % 2", "EXPRESSION_TYPE"],
    ["null", "EXPRESSION_TYPE"],
    ["event.page.path.matches(event.page.path)", "EXPRESSION_PATTERN"],
    ['event.page.path.matches("(")', "EXPRESSION_PATTERN"],
    ["99999999999999999999 > 1", "EXPRESSION_UNSUPPORTED"],
    [`"${"x".repeat(5000)}" == ""`, "EXPRESSION_TOO_LARGE"],
    [Array.from({ length: 150 }, () => "1").join("+"), "EXPRESSION_TOO_LARGE"],
    [`${"(".repeat(500)}1${")".repeat(500)}`, "EXPRESSION_TOO_LARGE"],
  ])("refuses %s", (source, code) => {
    expect(errorOf(source).code).toBe(code);
  });

  it("says where", () => {
    expect(errorOf("true &&\n  event.nope")).toMatchObject({ line: 2, column: 3 });
  });

  it("knows that session rows have no envelope", () => {
    expect(() => checkExpression('event["$type"]', columns, undefined, { envelope: false })).toThrow(ExpressionError);
  });
});
