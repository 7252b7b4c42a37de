import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse as csvParse } from "csv-parse/sync";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { columnsOf, type ParseOptions } from "@o2mc/schema/pipeline/steps/parse.ts";
import { output, testPipeline } from "../../testkit/deployment.ts";
import { TestLog } from "../../testkit/engine.ts";
import { csvLine } from "./csv-line.ts";
import { parserOf } from "./parser-of.ts";

const LOG = join(
  process.env["O2MC_SHARED"] ?? join(import.meta.dirname, "../../../../../shared"),
  "data/apache_access.log",
);

type Options = Omit<ParseOptions, "field">;

function parsed(options: Options, text: string): Record<string, Scalar> | undefined {
  const all: ParseOptions = { field: "page.path", ...options };
  const parts = parserOf(all)(text);
  return parts && Object.fromEntries(columnsOf(all).map(({ name }, i) => [name, parts[i] ?? null]));
}

type Column = NonNullable<ParseOptions["columns"]>[number];
const text = (as: string, from?: string): Column => ({ as, type: "string", ...(from === undefined ? {} : { from }) });
const typed = (as: string, type: Column["type"], from = as): Column => ({ as, type, from });

describe("parse", () => {
  it("json: own properties by path, each of its type or null", () => {
    const columns = [
      text("name", "user.name"),
      text("tags"),
      typed("price", "number", "items[1].price"),
      typed("n", "integer"),
      typed("yes", "boolean"),
      typed("at", "timestamp"),
      text("proto", "__proto__"),
      text("made", "constructor.name"),
    ];
    const json = `{"user":{"name":"Ann"},"tags":["a",1],"items":[{},{"price":2.5}],"n":3,"yes":true,"at":"2026-01-02T03:04:05Z"}`;
    expect(parsed({ format: "json", columns }, json)).toEqual({
      name: "Ann",
      tags: '["a",1]',
      price: 2.5,
      n: 3,
      yes: true,
      at: Date.UTC(2026, 0, 2, 3, 4, 5),
      proto: null,
      made: null,
    });
    expect(parsed({ format: "json", columns }, `{"n":3.5,"yes":"true","at":5,"tags":null,"__proto__":"own"}`)).toEqual({
      name: null,
      tags: null,
      price: null,
      n: null,
      yes: null,
      at: null,
      proto: "own",
      made: null,
    });
    expect(parsed({ format: "json", columns }, "{")).toBeUndefined();
    expect(parsed({ format: "json", columns: [text("a")] }, "[".repeat(60_000))).toBeUndefined();
  });

  it("csv: by place or number, with quotes and another delimiter", () => {
    const columns = [text("a"), typed("b", "number", "2"), text("last", "4")];
    expect(parsed({ format: "csv", columns }, 'x,1.5,y,"z ""z"", z"\r\n')).toEqual({
      a: "x",
      b: 1.5,
      last: 'z "z", z',
    });
    expect(parsed({ format: "csv", columns, delimiter: ";" }, "x;no")).toEqual({ a: "x", b: null, last: null });
    for (const broken of ['"x', '"x"y', 'x"y']) expect(parsed({ format: "csv", columns }, broken)).toBeUndefined();
  });

  it("csv agrees with csv-parse", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", ",", '"', " ", ";", "é"), maxLength: 6 });
    const line = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", ",", '"', " "), minLength: 1, maxLength: 12 }),
      fc
        .array(cell, { minLength: 1, maxLength: 5 })
        .map((cells) => cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(",")),
    );
    const oracle = (given: string): readonly string[] | undefined => {
      try {
        return csvParse(given)[0];
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(line, (given) => {
        expect(csvLine(given, ",")).toEqual(oracle(given));
      }),
      { numRuns: 3000 },
    );
  });

  it("query: of a text, a query or a whole URL; the first of a name", () => {
    const columns = [text("q"), typed("page", "integer", "p"), text("none")];
    for (const given of ["q=a+b%21&p=2&q=c", "?q=a+b%21&p=2", "https://x.example/s?q=a+b%21&p=2#q=d"]) {
      expect(parsed({ format: "query", columns }, given)).toEqual({ q: "a b!", page: 2, none: null });
    }
  });

  it("combined-log: every line of a real log but the one that is cut off, agreed with by splitting", () => {
    const lines = readFileSync(LOG, "utf8").trimEnd().split("\n");
    let statuses = 0;
    const broken: string[] = [];
    for (const line of lines) {
      const row = parsed({ format: "combined-log", into: "l" }, line);
      if (row === undefined) {
        broken.push(line);
        continue;
      }
      const [, request = "", after = ""] = line.split('"');
      expect(row["l.address"]).toBe(line.split(" ")[0]);
      expect([row["l.method"], row["l.path"], row["l.protocol"]].join(" ")).toBe(request);
      expect(String(row["l.status"])).toBe(after.trim().split(" ")[0]);
      statuses += Number(row["l.status"] === 200);
    }
    expect(lines).toHaveLength(10_000);
    expect(broken.map((line) => line.slice(-30))).toEqual(["http://www.google.com/bot.html"]);
    expect(statuses).toBeGreaterThan(9000);
    const [first = ""] = lines;
    expect(parsed({ format: "combined-log", into: "l" }, first)?.["l.time"]).toBe(Date.UTC(2015, 4, 17, 10, 5, 3));
  });

  it("combined-log: common lines, dashes, zones, quotes; and what is none", () => {
    const given = String.raw`::1 - ann [01/Jan/2024:00:30:00 -0130] "\x16\x03\"" 400 - "-" "a \"b\""`;
    expect(parsed({ format: "combined-log", into: "l" }, given)).toEqual({
      "l.address": "::1",
      "l.user": "ann",
      "l.time": Date.UTC(2024, 0, 1, 2),
      "l.method": null,
      "l.path": null,
      "l.protocol": null,
      "l.status": 400,
      "l.bytes": null,
      "l.referrer": null,
      "l.agent": 'a "b"',
    });
    expect(
      parsed({ format: "combined-log", into: "l" }, `h - - [01/Jan/2024:00:00:00 +0000] "GET / HTTP/1.1" 200 5`),
    ).toMatchObject({ "l.path": "/", "l.bytes": 5, "l.agent": null });
    expect(parsed({ format: "combined-log", into: "l" }, "h - - GET /")).toBeUndefined();
  });

  it("user-agent: browser, system and device", () => {
    const agent =
      "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1";
    expect(parsed({ format: "user-agent", into: "ua" }, agent)).toMatchObject({
      "ua.browser": "Mobile Safari",
      "ua.os": "iOS",
      "ua.osVersion": "17.1",
      "ua.device": "mobile",
      "ua.vendor": "Apple",
    });
    expect(Object.values(parsed({ format: "user-agent", into: "ua" }, "curl")!).every((part) => part === null)).toBe(
      true,
    );
  });

  it("pattern: captures with types, from a library of names", () => {
    const options: Options = {
      format: "pattern",
      pattern: String.raw`^%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} \[%{WORD:app}\] %{IPORHOST:host} took %{NUMBER:ms}ms(?: to %{URIPATH:path})?: %{GREEDYDATA:rest}$`,
      columns: [
        typed("time", "timestamp"),
        text("level"),
        text("host"),
        typed("took", "number", "ms"),
        text("path"),
        text("rest"),
      ],
    };
    expect(parsed(options, "2026-01-02T03:04:05Z WARN [shop] 2001:db8::7 took 12.5ms to /a/b: slow, very")).toEqual({
      time: Date.UTC(2026, 0, 2, 3, 4, 5),
      level: "WARN",
      host: "2001:db8::7",
      took: 12.5,
      path: "/a/b",
      rest: "slow, very",
    });
    expect(parsed(options, "2026-01-02T03:04:05Z info [shop] web-1.example.org took 3ms: ok")).toMatchObject({
      host: "web-1.example.org",
      path: null,
    });
    expect(parsed(options, "else")).toBeUndefined();
    expect(parsed(options, "x".repeat(9000))).toBeUndefined();
  });
});

describe("in a pipeline", () => {
  const run = (failed: "keep" | "dead-letter" | undefined, values: readonly (string | null)[]): TestLog => {
    const parse: ParseOptions = {
      field: "page.path",
      format: "json",
      columns: [typed("n", "integer"), typed("yes", "boolean"), text("t")],
      ...(failed === undefined ? {} : { failed }),
    };
    const pipeline = testPipeline({
      steps: [{ parse }, { emit: { output: "o" } }],
      outputs: [output("o", ["n", "yes", "t"])],
    });
    const log = new TestLog([pipeline]);
    log.frame(values.map((path, i) => ({ id: `${i}`, subject: "s", time: 1, values: { "page.path": path } })));
    return log;
  };
  const rows = (log: TestLog) => log.rows.map((row) => [row["n"], row["yes"], row["t"]]);
  const TEXTS = ['{"n":1,"yes":false,"t":"x"}', "no json", null, '{"n":1,"yes":false,"t":"x"}', '{"yes":true}'];

  it("what does not parse goes on with nulls", () => {
    const log = run(undefined, TEXTS);
    const none = [null, null, null];
    expect(rows(log)).toEqual([[1, false, "x"], none, none, [1, false, "x"], [null, true, null]]);
    expect(log.dead).toEqual([]);
  });

  it("or is a dead letter, its neighbours and nulls are not", () => {
    const log = run("dead-letter", TEXTS);
    expect(rows(log)).toEqual([
      [1, false, "x"],
      [null, null, null],
      [1, false, "x"],
      [null, true, null],
    ]);
    expect(log.dead).toMatchObject([{ code: "unparsable", step: "1.parse", row: { "page.path": "no json" } }]);
  });
});
