import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, graphql } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { postEvents } from "../../testkit/ingest.ts";
import { childPid } from "../../testkit/kill.ts";
import type { OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { AttackedApplication, type Followed } from "./application.ts";

// pipelines and destinations of another tenant are in scenarios/tenants, whose list is made from the schema
const PURPOSES = [
  { name: "analytics", legalBasis: "CONSENT", lifetimeDays: 30 },
  { name: "marketing", legalBasis: "CONSENT", lifetimeDays: 30 },
];
const FIELDS = [
  { path: "page", type: "STRING", purposes: ["analytics", "marketing"] },
  {
    path: "email",
    type: "STRING",
    purposes: ["marketing"],
    anonymized: [{ methods: ["HASH"], purposes: ["analytics"] }],
  },
];

let platform: Platform;
let application: AttackedApplication;
let source: OwnSource;
let worker: number;
let analyticsOnly: string;
const folder = mkdtempSync(join(tmpdir(), "o2mc-attack-"));
const hostile = new Map<string, Followed>();

const emit = (...fields: string[]) => ({ emit: { output: "out", fields } });
const set = (field: string, expression: string) => ({ map: { set: [{ field, expression }] } });
const rename = (from: string, to: string) => ({ rename: { fields: [{ from, to }] } });
const hash = (field: string) => ({ anonymize: { field, method: "HASH" } });
const WIDE = Array.from({ length: 20 }, (_, i) => `wide${i}`);

const ONES = `[${Array.from({ length: 150 }, () => "1").join()}]`;

const HOSTILE: Readonly<Record<string, readonly object[]>> = {
  regex: [
    set(
      "slow",
      'event.page.matches("(a+)+$") || event.page.matches("(a|a)*b") || event.page.matches("^(([a-z])+.)+$")',
    ),
    emit("page", "slow"),
  ],
  bomb: [
    set("text", "event.page"),
    ...Array.from({ length: 60 }, () => set("text", "event.text + event.text")),
    emit("page", "text"),
  ],
  // 22,500 rounds, of the 10,000 that a row may take
  loop: [set("rounds", `${ONES}.all(i, ${ONES}.all(j, size(event.page) + i + j > 0))`), emit("page", "rounds")],
  wide: [{ map: { set: WIDE.map((field) => ({ field, expression: "event.page" })) } }, emit("page", ...WIDE)],
};

beforeAll(async () => {
  platform = await sharedPlatform();
  worker = childPid(platform, "process");
  application = await AttackedApplication.create(platform.endpoints, "attacked-pipelines", {
    purposes: PURPOSES,
    fields: FIELDS,
  });
  for (const [name, steps] of Object.entries(HOSTILE)) {
    hostile.set(name, application.follow(await application.pipeline(name, ["analytics"], steps), "out"));
  }
  source = await application.source("own", ["analytics", "marketing"]);
  const { made } = await ask<{ made: { id: string } }>(
    platform.endpoints,
    application.developer,
    `mutation ($o: DestinationOptionsInput!) {
      made: createDestination(name: "for analytics", options: $o, purposes: ["analytics"]) { id } }`,
    { o: { file: { directory: folder, format: "JSONL" } } },
  );
  analyticsOnly = made.id;
});

afterAll(async () => {
  for (const { stop } of hostile.values()) await stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Refusal {
  readonly code?: string;
  readonly reason?: string;
}

const refusal = async (query: string, variables: object, token = application.developer): Promise<Refusal> => {
  const { errors } = await graphql(platform.endpoints, token, query, variables);
  return (errors?.[0]?.extensions ?? {}) as Refusal;
};

/** Why a definition is refused: by the API's own types already, or when it is to be approved. */
async function refused(purposes: readonly string[], steps: readonly object[]): Promise<Refusal> {
  const { data, errors } = await graphql(
    platform.endpoints,
    application.developer,
    `
      mutation ($a: ID!, $n: String!, $d: PipelineDefinitionInput!) {
        made: createPipeline(application: $a, name: $n, definition: $d) {
          id
        }
      }
    `,
    { a: application.id, n: `attack ${Math.random()}`, d: { purposes, steps } },
  );
  if (errors !== undefined) return (errors[0]?.extensions ?? {}) as Refusal;
  const approve = "mutation ($p: ID!) { approvePipeline(pipeline: $p) { id } }";
  const { id } = (data?.["made"] ?? {}) as { readonly id?: string };
  if (id === undefined) throw new Error("no pipeline was made");
  return refusal(approve, { p: id }, application.officer);
}

test.each<[string, readonly string[], readonly object[], string]>([
  [
    "another purpose's field in an expression",
    ["analytics"],
    [set("x", "event.email"), emit("x")],
    "field-not-permitted",
  ],
  ["by its name as text", ["analytics"], [set("x", 'event["email"]'), emit("x")], "field-not-permitted"],
  [
    "to pick rows by it",
    ["analytics"],
    [{ filter: { where: "has(event.email)" } }, emit("page")],
    "field-not-permitted",
  ],
  [
    "to sessionize by it",
    ["analytics"],
    [{ sessionize: { gapSeconds: 1, sticky: [{ field: "email", keep: "FIRST", as: "e" }] } }, emit("e")],
    "field-not-permitted",
  ],
  ["the subject's key", ["analytics"], [set("x", 'event["#key"]'), emit("x")], "unknown-field"],
  ["the subject, which no policy declares", ["analytics"], [set("x", 'event["$subject"]'), emit("x")], "unknown-field"],
  ["the address, which no policy declares", ["analytics"], [emit("$ip")], "unknown-field"],
  ["a raw stream as a purpose", ["ev.>"], [emit("page")], "unknown-purpose"],
  ["a lane as a purpose", ["analytics+marketing"], [emit("page")], "unknown-purpose"],
  ["a raw stream as a field", ["analytics"], [emit("$JS.API.STREAM.INFO.EVENTS")], "unknown-field"],
  [
    "a raw subject as an output",
    ["analytics"],
    [{ emit: { output: "ev.app.marketing.0", fields: ["page"] } }],
    "invalid-name",
  ],
  ["every subject as an output", ["analytics"], [{ emit: { output: ">", fields: ["page"] } }], "invalid-name"],
])("reference: %s", async (_, purposes, steps, reason) => {
  expect(await refused(purposes, steps)).toMatchObject({ code: "DEFINITION_INVALID", reason });
});

test("cycle: no step takes rows from a pipeline, an output or a stream", async () => {
  for (const step of [{ from: "out" }, { input: { pipeline: "p", output: "out" } }, { subscribe: "out.>" }]) {
    expect(await refused(["analytics"], [step, emit("page")])).toMatchObject({ code: "QUERY_INVALID" });
  }
  const twice = [emit("page"), emit("page")];
  expect(await refused(["analytics"], twice)).toMatchObject({ reason: "duplicate-output" });
});

test.each([
  "event.constructor",
  'event["__proto__"]',
  "event.__proto__.polluted",
  "event.page.constructor",
  'event.page["constructor"]',
  '"x".constructor',
  "event.toString()",
  'event.constructor("return process")()',
  "constructor.constructor",
  "globalThis.process.env",
  "process.exit(1)",
  "this",
  "event.page.at(0)",
  "`${event.page}`",
  "event.page.matches(event.page)",
])("constructor escape: %s", async (expression) => {
  expect(await refused(["analytics"], [set("x", expression), emit("x")])).toMatchObject({ code: "DEFINITION_INVALID" });
});

const nested = (open: string, middle: string, close: string, levels: number): string =>
  open.repeat(levels) + middle + close.repeat(levels);

test.each<[string, readonly object[], string]>([
  ["a list of 257 entries", [set("x", `1 in [${"1, ".repeat(256)}1]`)], "invalid-expression"],
  ["a loop over the event", [set("x", "event.map(k, k)")], "invalid-expression"],
  ["5,000 characters", [set("x", `"${"x".repeat(5000)}"`)], "invalid-option"],
  ["4,000 bytes too many in 4,096 characters", [set("x", `"${"é".repeat(4000)}"`)], "invalid-expression"],
  ["1,000 operators", [set("x", Array.from({ length: 1000 }, () => "1").join("+"))], "invalid-expression"],
  ["1,000 brackets", [set("x", nested("(", "1", ")", 1000))], "invalid-expression"],
  ["65 steps", Array.from({ length: 65 }, () => set("x", "1")), "too-many-steps"],
  [
    "257 columns in a step",
    [{ map: { set: Array.from({ length: 257 }, (__, i) => ({ field: `f${i}`, expression: "1" })) } }],
    "invalid-option",
  ],
])("endless expression: %s", async (_, steps, reason) => {
  expect(await refused(["analytics"], [...steps, emit("page")])).toMatchObject({ code: "DEFINITION_INVALID", reason });
});

test.each([
  String.raw`(a)\\1`,
  "(?=a)b",
  "(((a{0,100}){0,100}){0,100})",
  "a{100000}",
  "x".repeat(257),
  nested("(", "a", ")", 200),
])("catastrophic pattern: %s", async (pattern) => {
  const steps = [{ filter: { where: `event.page.matches("${pattern}")` } }, emit("page")];
  expect(await refused(["analytics"], steps)).toMatchObject({
    code: "DEFINITION_INVALID",
    reason: "invalid-expression",
  });
});

const sticky = [{ field: "email", keep: "FIRST", as: "entry" }];
const laundry: readonly (readonly [string, readonly object[]])[] = [
  ["as it is", [emit("email")]],
  ["renamed", [rename("email", "contact"), emit("contact")]],
  ["renamed to what may be seen", [{ drop: { fields: ["page"] } }, rename("email", "page"), emit("page")]],
  ["concatenated", [set("x", 'event.page + "?" + event.email'), emit("x")]],
  ["as a choice", [set("x", 'event.email.startsWith("a") ? event.page : ""'), emit("x")]],
  ["as its length", [set("x", "size(event.email)"), emit("x")]],
  ["hashed by an expression", [set("x", "sha256(event.email)"), emit("x")]],
  ["as the rows that are left", [{ filter: { where: 'event.email == "a@b.example"' } }, emit("page")]],
  ["kept in a session", [{ sessionize: { gapSeconds: 5, sticky } }, emit("entry")]],
  [
    "as a window's groups",
    [{ window: { sizeSeconds: 5, by: ["email"], aggregates: [{ as: "n", kind: "COUNT" }] } }, emit("n")],
  ],
  ["counted", [{ window: { sizeSeconds: 5, aggregates: [{ as: "n", kind: "DISTINCT", field: "email" }] } }, emit("n")]],
  [
    "by a method that the policy does not accept",
    [{ anonymize: { field: "email", method: "TRUNCATE", keep: 4 } }, emit("email")],
  ],
  ["hashed with something put before it", [set("email", "event.page + event.email"), hash("email"), emit("email")]],
  [
    "hashed, and put beside itself",
    [set("copy", "event.email"), hash("email"), set("x", "event.email + event.copy"), emit("x")],
  ],
];

const DELIVER = `mutation ($p: ID!, $d: ID!) { createDelivery(pipeline: $p, output: "out", destination: $d) { id } }`;

test.each(laundry)("declassifying: %s it does not reach a destination of another purpose", async (name, steps) => {
  const pipeline = await application.draft(`laundry ${name}`, ["marketing"], steps);
  const why = await refusal(DELIVER, { p: pipeline, d: analyticsOnly });
  expect(why).toMatchObject({ code: "DEFINITION_INVALID", reason: "purpose-not-permitted" });
});

test("declassifying: the method that the policy accepts opens it, under another name too", async () => {
  const steps = [rename("email", "contact"), hash("contact"), emit("contact", "page")];
  const pipeline = await application.draft("accepted", ["marketing"], steps);
  expect(await refusal(DELIVER, { p: pipeline, d: analyticsOnly })).toEqual({});
});

let sent = 0;
const send = async (page: string): Promise<void> => {
  const at = new Date().toISOString();
  const event = {
    id: `pipelines-${sent++}`,
    type: "page",
    time: at,
    subject: "one",
    data: { page },
    consent: { purposes: ["analytics"], policyVersion: 1, givenAt: at },
  };
  const answer = await postEvents(platform.endpoints, source.id, source.writeKey, JSON.stringify(event));
  expect(answer).toMatchObject({ status: 202, body: { accepted: 1 } });
};

test("catastrophic regex, memory bomb, endless loop, endless row: a dead letter each, and every neighbour goes on", async () => {
  const large = "é".repeat(30_000);
  const slow = `${"a".repeat(30_000)}!`;
  for (const page of ["", slow, "a", large, ""]) await send(page);
  const cut = slow.slice(0, 256);
  const came = (name: string): readonly unknown[] => hostile.get(name)?.rows.map((row) => row["page"]) ?? [];
  await eventually(() => came("regex").length, 5, 60_000, 0);
  expect(came("regex")).toEqual(["", slow, "a", large, ""]);
  expect(hostile.get("regex")?.rows.map((row) => row["slow"])).toEqual([false, true, true, false, false]);
  // only nothing stays nothing when it is doubled sixty times
  await eventually(() => came("bomb"), ["", ""], 60_000, 0);
  await eventually(() => came("wide").length, 4, 60_000, 0);
  expect(came("wide").map(String).toSorted()).toEqual(["", "", "a", slow].toSorted());
  const letters = async (): Promise<readonly unknown[]> =>
    (await application.deadLetters()).map(({ code, row }) => `${code} ${String(row["page"])}`).toSorted();
  const [grown, whole] = [[cut, "a", large.slice(0, 256)], [large.slice(0, 256)]];
  const looped = ["", cut, "a", large.slice(0, 256), ""];
  const expected = [...grown, ...whole, ...looped].map((page) => `too-large ${page}`).toSorted();
  await eventually(letters, expected, 30_000, 0);
  expect(came("loop")).toEqual([]);

  await send("/after");
  await eventually(() => came("wide").includes("/after") && came("regex").includes("/after"), true, 30_000, 0);
  expect(childPid(platform, "process")).toBe(worker);
  expect([...hostile.values()].flatMap(({ problems }) => problems)).toEqual([]);
});
