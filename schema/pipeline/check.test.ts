import { describe, expect, test } from "vitest";
import type { Policy } from "../consent/policy.ts";
import { field, purpose } from "../consent/testkit/policy-parts.ts";
import { checkDefinition } from "./check.ts";
import { DefinitionError } from "./definition-error.ts";
import { DEFAULT_TIME, type Step } from "./definition.ts";

const policy: Policy = {
  version: 1,
  purposes: [purpose("analytics"), purpose("marketing")],
  fields: [
    field("page.path", "string", "analytics", "marketing"),
    field("price", "number", "analytics", "marketing"),
    field("items", "integer", "analytics", "marketing"),
    field("email", "string", "marketing"),
    field("$subject", "string", "analytics"),
    field("$ip", "string", "analytics"),
  ],
};

const emit: Step = { emit: { output: "all", fields: ["page.path"] } };

function check(steps: readonly Step[], purposes = ["analytics"], partitions = 4) {
  return checkDefinition({ purposes, time: DEFAULT_TIME, steps }, policy, { partitions });
}

function refusal(...args: Parameters<typeof check>): DefinitionError {
  try {
    check(...args);
  } catch (error) {
    if (error instanceof DefinitionError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("read set", () => {
  test("holds what some step reads, once, and nothing else", () => {
    const { readSet } = check([
      { filter: { where: "event.price > 10.0" } },
      { map: { set: [{ field: "double", expression: "event.price * 2.0" }] } },
      { drop: { fields: ["items"] } },
      { emit: { output: "o", fields: ["double", "page.path", "$time"] } },
    ]);
    expect(readSet.map(({ path }) => path)).toEqual(["price", "page.path"]);
  });

  test("a projection to everything reads what the purposes may see", () => {
    const { readSet } = check([{ emit: { output: "o" } }], ["marketing"]);
    expect(readSet.map(({ path }) => path)).toEqual(["page.path", "price", "items", "email"]);
  });

  test("a replaced column is no longer the field", () => {
    const { readSet } = check([
      { map: { set: [{ field: "page.path", expression: "'x'" }] } },
      { emit: { output: "o", fields: ["page.path"] } },
    ]);
    expect(readSet).toEqual([]);
  });
});

describe("purposes", () => {
  test("of a computed column are those of all it was computed from", () => {
    const { outputs } = check(
      [
        { map: { set: [{ field: "both", expression: "event.email + event['page.path']" }] } },
        { emit: { output: "o", fields: ["both", "page.path", "$type"] } },
      ],
      ["marketing"],
    );
    const email = { field: "email", step: 1, purposes: ["marketing"] };
    const path = { field: "page.path", step: 1, purposes: ["analytics", "marketing"] };
    expect(outputs[0]?.columns).toEqual([
      { name: "both", type: "string", purposes: ["marketing"], origins: [email, path] },
      { name: "page.path", type: "string", purposes: ["analytics", "marketing"], origins: [path] },
      { name: "$type", type: "string", purposes: ["analytics", "marketing"], origins: [] },
    ]);
  });

  test("of rows are narrowed by what they were picked by", () => {
    const { outputs } = check([{ filter: { where: "event.email != ''" } }, emit], ["marketing"]);
    expect(outputs[0]?.columns[0]?.purposes).toEqual(["marketing"]);
  });

  test.each<[string, Step]>([
    ["filter", { filter: { where: "event.email == ''" } }],
    ["emit", { emit: { output: "o", fields: ["email"] } }],
    ["anonymize", { anonymize: { field: "email", method: "hash" } }],
    ["rename", { rename: { fields: [{ from: "email", to: "mail" }] } }],
  ])("a field that one purpose may not see is refused in %s", (_verb, step) => {
    const error = refusal([step, emit], ["analytics", "marketing"]);
    expect(error).toMatchObject({ code: "field-not-permitted", step: 1 });
    expect(error.message).toContain("email");
    expect(error.message).toContain("purpose analytics");
  });
});

test("sessionize makes rows of its own, one subject each", () => {
  const { outputs, readSet } = check([
    { sessionize: { gapSeconds: 1800, sticky: [{ field: "page.path", keep: "first", as: "landing" }] } },
    { emit: { output: "sessions" } },
  ]);
  expect(readSet.map(({ path }) => path)).toEqual(["page.path"]);
  expect(outputs[0]).toMatchObject({ name: "sessions", perSubject: true });
  expect(outputs[0]?.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "session.start timestamp",
    "session.end timestamp",
    "session.events integer",
    "landing string",
  ]);
});

test("a window by subject works on any number of partitions", () => {
  const aggregates = [
    { as: "hits", kind: "count" },
    { as: "revenue", kind: "sum", field: "price" },
    { as: "pages", kind: "distinct", field: "page.path" },
  ] as const;
  const { outputs } = check([{ window: { sizeSeconds: 60, by: ["$subject"], aggregates } }, { emit: { output: "w" } }]);
  expect(outputs[0]?.perSubject).toBe(true);
  expect(outputs[0]?.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "window.start timestamp",
    "window.end timestamp",
    "$subject string",
    "hits integer",
    "revenue number",
    "pages integer",
  ]);
});

const views = [{ as: "n", kind: "count" as const }];

test.each([
  ["tumbling needs sizeSeconds", {}, "a tumbling window needs sizeSeconds"],
  ["tumbling takes no gap", { sizeSeconds: 60, gapSeconds: 5 }, "a tumbling window takes no gapSeconds"],
  ["sliding needs everySeconds", { kind: "sliding", sizeSeconds: 60 }, "a sliding window needs everySeconds"],
  ["sliding is in at most 100", { kind: "sliding", sizeSeconds: 601, everySeconds: 6 }, "more than 100 windows"],
  [
    "sliding leaves no holes",
    { kind: "sliding", sizeSeconds: 5, everySeconds: 6 },
    "everySeconds is more than sizeSeconds",
  ],
  ["session needs a gap", { kind: "session" }, "a session window needs gapSeconds"],
  ["session gives no early rows", { kind: "session", gapSeconds: 5, earlySeconds: 1 }, "takes no earlySeconds"],
  ["calendar needs a zone", { kind: "calendar", unit: "day" }, "a calendar window needs timeZone"],
  ["calendar knows its zone", { kind: "calendar", unit: "day", timeZone: "Europe/Atlantis" }, "must be a time zone"],
] as const)("the windows of a window step: %s", (_, options, message) => {
  const window = { by: ["$subject"], aggregates: views, ...options };
  expect(() => check([{ window }, { emit: { output: "w" } }])).toThrowError(message);
});

test.each([
  ["a quantile without which", { kind: "quantile", field: "price" }, "needs to say which quantile"],
  ["a sum with one", { kind: "sum", field: "price", quantile: 0.5 }, "sum x takes no quantile"],
  ["top without k", { kind: "top", field: "page.path" }, "top x needs a k"],
  ["first with k", { kind: "first", field: "page.path", k: 1 }, "first x takes no k"],
  ["avg of nothing", { kind: "avg" }, "avg x needs a field"],
  ["avg of a text", { kind: "avg", field: "page.path" }, "avg needs a field of type number or integer"],
  ["max of a text", { kind: "max", field: "page.path" }, "max needs a field of type number or integer or timestamp"],
  [
    "a quantile of a time",
    { kind: "quantile", quantile: 1, field: "$time" },
    "quantile needs a field of type number or integer",
  ],
] as const)("an aggregate is refused: %s", (_, aggregate, message) => {
  const window = { sizeSeconds: 60, by: ["$subject"], aggregates: [{ as: "x", ...aggregate }] };
  expect(() => check([{ window }, { emit: { output: "w" } }])).toThrowError(message);
});

test("each aggregate has the type of what it computes, and late rows have an output of what the step reads", () => {
  const aggregates = (
    [
      ["avg", "price"],
      ["min", "$time"],
      ["max", "price"],
      ["first", "page.path"],
      ["last", "$time"],
      ["estimate", "page.path"],
    ] as const
  ).map(([kind, field]) => ({ as: kind, kind, field }));
  const { outputs } = check([
    {
      window: {
        sizeSeconds: 60,
        by: ["$subject"],
        earlySeconds: 5,
        lateOutput: "late",
        aggregates: [
          ...aggregates,
          { as: "p", kind: "quantile", field: "price", quantile: 0.9 },
          { as: "t", kind: "top", field: "page.path", k: 3 },
        ],
      },
    },
    { emit: { output: "w" } },
  ]);
  const typesOf = (name: string) =>
    outputs.find((each) => each.name === name)?.columns.map(({ name: column, type }) => `${column} ${type}`);
  expect(typesOf("late")).toEqual(["$time timestamp", "$subject string", "price number", "page.path string"]);
  expect(typesOf("w")).toEqual([
    "window.start timestamp",
    "window.end timestamp",
    "window.final boolean",
    "$subject string",
    "avg number",
    "min timestamp",
    "max number",
    "first string",
    "last timestamp",
    "estimate integer",
    "p number",
    "t string",
  ]);
});

test("a window over several subjects needs one partition and is about none", () => {
  const steps: Step[] = [
    { window: { sizeSeconds: 60, by: ["page.path"], aggregates: [{ as: "hits", kind: "count" }] } },
    { emit: { output: "w" } },
  ];
  expect(refusal(steps)).toMatchObject({ code: "needs-one-partition", step: 1 });
  expect(check(steps, ["analytics"], 1).outputs[0]?.perSubject).toBe(false);
});

test("a masked subject no longer tells subjects apart", () => {
  const steps: Step[] = [
    { anonymize: { field: "$subject", method: "mask", keep: 2 } },
    { window: { sizeSeconds: 60, by: ["$subject"], aggregates: [{ as: "hits", kind: "count" }] } },
    { emit: { output: "w" } },
  ];
  expect(refusal(steps).code).toBe("needs-subject");
  expect(refusal(steps, ["analytics"], 1).code).toBe("needs-subject");
});

test("lookup adds the place of an address", () => {
  const { outputs } = check([
    { lookup: { geoip: { field: "$ip", into: "geo" } } },
    { emit: { output: "o", fields: ["geo.city", "geo.latitude"] } },
  ]);
  expect(outputs[0]?.columns.map(({ type }) => type)).toEqual(["string", "number"]);
});

const sets = (count: number, expression: string) =>
  Array.from({ length: count }, (_, i) => ({ field: `x${i}`, expression }));

test.each<[string, readonly unknown[]]>([
  ["unknown-field", [{ drop: { fields: ["nothing"] } }, emit]],
  ["unknown-field", [{ filter: { where: "event.nothing == 1" } }, emit]],
  ["unknown-field", [{ drop: { fields: ["page.path"] } }, emit]],
  ["unknown-field", [{ sessionize: { gapSeconds: 1, sticky: [] } }, { filter: { where: "event['$type'] == ''" } }]],
  ["type-mismatch", [{ filter: { where: "event.price" } }, emit]],
  ["type-mismatch", [{ anonymize: { field: "price", method: "mask" } }, emit]],
  ["invalid-expression", [{ filter: { where: "event.price >" } }, emit]],
  ["unknown-step", [{ explode: {} }, emit]],
  ["unknown-step", [{ filter: { where: "true" }, drop: { fields: [] } }, emit]],
  ["unknown-option", [{ filter: { where: "true", when: "now" } }, emit]],
  ["unknown-option", [{ lookup: { geoip: { field: "$ip", into: "geo", x: 1 } } }, emit]],
  ["invalid-option", [{ sessionize: { gapSeconds: 0, sticky: [] } }]],
  ["invalid-option", [{ anonymize: { field: "price", method: "generalise" } }, emit]],
  ["invalid-option", [{ anonymize: { field: "page.path", method: "shred" } }, emit]],
  ["invalid-name", [{ rename: { fields: [{ from: "price", to: "a b" }] } }, emit]],
  ["invalid-name", [{ emit: { output: "a.b" } }]],
  ["reserved-name", [{ map: { set: [{ field: "$subject", expression: "'x'" }] } }, emit]],
  ["reserved-name", [{ rename: { fields: [{ from: "price", to: "id" }] } }, { emit: { output: "o" } }]],
  ["duplicate-column", [{ rename: { fields: [{ from: "price", to: "items" }] } }, emit]],
  ["duplicate-column", [{ map: { set: [{ field: "page_path", expression: "'x'" }] } }, { emit: { output: "o" } }]],
  ["duplicate-output", [emit, emit]],
  ["no-emit", [{ filter: { where: "true" } }]],
  ["too-many-steps", Array.from({ length: 65 }, () => ({ filter: { where: "true" } }))],
  ["too-many-expressions", [...Array.from({ length: 26 }, () => ({ map: { set: sets(10, "1") } })), emit]],
  ["too-many-expressions", [{ map: { set: sets(17, `'${"x".repeat(4000)}'`) } }, emit]],
])("%s: %#", (code, steps) => {
  expect(refusal(steps as Step[]).code).toBe(code);
});

test("purposes must be the policy's", () => {
  expect(refusal([emit], []).code).toBe("no-purpose");
  expect(refusal([emit], ["toString"]).code).toBe("unknown-purpose");
});

test("options that GraphQL left null are absent", () => {
  const step = { filter: null, anonymize: { field: "page.path", method: "hash", keep: null, step: null } };
  expect(check([step as unknown as Step, emit]).outputs[0]?.columns[0]?.type).toBe("string");
});

test.each<[string, Step]>([
  ["needs-subject", { sample: { rate: 0.5, by: "subject" } }],
  ["needs-events", { dedupe: { by: ["event.hits"], withinSeconds: 60 } }],
])("%s: behind a window over several subjects", (code, step) => {
  const window: Step = {
    window: { sizeSeconds: 60, by: ["page.path"], aggregates: [{ as: "hits", kind: "count" }] },
  };
  const end: Step = { emit: { output: "o" } };
  expect(refusal([window, step, end], ["analytics"], 1).code).toBe(code);
  expect(check([window, { sample: { rate: 0.5, by: "id" } }, end], ["analytics"], 1).outputs).toHaveLength(1);
});

test("dedupe picks rows by its key, so that they tell of it", () => {
  const { outputs } = check([{ dedupe: { by: ["event.email"], withinSeconds: 60 } }, emit], ["marketing"]);
  expect(outputs[0]?.columns[0]?.purposes).toEqual(["marketing"]);
  expect(refusal([{ dedupe: { by: [], withinSeconds: 60 } }, emit]).code).toBe("invalid-option");
});

const columns = [{ as: "a", type: "string" as const }];

test.each<[string, object]>([
  ["parse.columns is missing, which json needs", { format: "json" }],
  ["parse.into is missing, which user-agent needs", { format: "user-agent" }],
  ["parse.into has no use for json", { format: "json", columns, into: "x" }],
  ["parse.failed has no use for query", { format: "query", columns, failed: "keep" }],
  ["parse.delimiter has no use for pattern", { format: "pattern", pattern: "%{WORD:a}", columns, delimiter: ";" }],
  ["parse.columns names none", { format: "json", columns: [] }],
  ["parse.delimiter cannot be a quote", { format: "csv", columns, delimiter: '"' }],
  ['parse.columns.from "a..b" is no path', { format: "json", columns: [{ ...columns[0], from: "a..b" }] }],
  ["parse.columns.from of csv is the number", { format: "csv", columns: [{ ...columns[0], from: "0" }] }],
  ["parse.pattern captures no a", { format: "pattern", pattern: "%{WORD:b}", columns }],
  ["parse.pattern names", { format: "pattern", pattern: "%{WORT:a}", columns }],
])("%s", (problem, options) => {
  const error = refusal([{ parse: { field: "page.path", ...options } } as Step, emit]);
  expect(error.message).toContain(`Step 1: ${problem}`);
  expect(error.code).toBe("invalid-option");
});

test("what parse makes is seen by whom the text is, and rows that were left tell of it", () => {
  const parse = { field: "email", format: "json" as const, columns: [{ as: "n", type: "integer" as const }] };
  const end: Step[] = [{ drop: { fields: ["email"] } }, { emit: { output: "o", fields: ["n", "page.path"] } }];
  const seen = (step: Step) => check([step, ...end], ["marketing"]).outputs[0]?.columns.map(({ purposes }) => purposes);
  const both = ["analytics", "marketing"];
  expect(seen({ parse })).toEqual([["marketing"], both]);
  expect(seen({ parse: { ...parse, failed: "dead-letter" } })).toEqual([["marketing"], ["marketing"]]);
  expect(refusal([{ parse: { ...parse, field: "price" } }, emit], ["marketing"]).code).toBe("type-mismatch");
});
