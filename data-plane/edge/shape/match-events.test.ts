import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseClaim } from "../../consent/claim.ts";
import { parsedEvents, type EventList } from "../gate-events.ts";
import { compilePlan, type SourcePlan } from "../plan.ts";
import { EventReader } from "../read-event.ts";
import { testDeployment } from "../testkit/deployment.ts";
import { KnownShapes } from "./known-shapes.ts";
import { matchEvents } from "./match-events.ts";

const NOW = Date.UTC(2026, 10, 24);
const source = compilePlan(testDeployment(1)).sources.get("rest") as SourcePlan;

/** All that the gate gets to see of a request's events. */
function readAll(events: EventList): unknown[] {
  const reader = new EventReader(source, NOW);
  return Array.from({ length: events.length }, (_, index) => {
    const fault = events.read(reader, index);
    if (fault !== undefined) return fault;
    const { id, type, time, subject, consent, values } = reader;
    return { id, type, time, key: subject.key, claim: parseClaim(consent), values: [...values] };
  });
}

function parsed(body: Buffer): readonly unknown[] | undefined {
  if (!isUtf8(body)) return undefined;
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return Array.isArray(value) ? value : [value];
  } catch {
    return undefined;
  }
}

const text = fc.oneof(
  fc.constantFrom(
    "a",
    "2026-11-24T10:00:00Z",
    "2026-11-24T10:00:00.5+01:00",
    "",
    "é",
    "日本",
    "\u0085",
    "\ud800",
    '"',
    "\\",
    "\n",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -0, 1.5, 1e21, 1e-7, 2 ** 53, Number.MAX_VALUE));
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const { any } = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom("path", "page", "__proto__", "1", "é"), fc.string({ maxLength: 3 })),
      tie("any"),
      {
        maxKeys: 3,
      },
    ),
  ),
}));
const optional = { requiredKeys: [] };
const mostly = <T, U>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<U>): fc.Arbitrary<T | U> =>
  fc.oneof({ weight: 19, arbitrary: usual }, { weight: 1, arbitrary: odd });
const word = fc.stringMatching(/^[a-zé ]{1,12}$/);
const data = fc.record(
  {
    page: mostly(fc.record({ path: mostly(word, text), title: word, more: mostly(word, any) }, optional), any),
    price: mostly(fc.integer(), any),
    count: mostly(fc.integer(), any),
    seen: mostly(fc.constant("2026-11-24T10:00:00Z"), any),
    constructor: mostly(word, text),
    flags: fc.array(fc.boolean(), { maxLength: 3 }),
    "page.path": mostly(word, text),
    undeclared: mostly(fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)), any),
  },
  optional,
);
const consent = mostly(
  fc.oneof(
    fc.record({
      purposes: fc.array(fc.constantFrom("analytics", "marketing"), { maxLength: 2 }),
      policyVersion: fc.constantFrom(1, 2, 1.5),
      givenAt: fc.constantFrom("2026-11-24T09:00:00Z", "soon"),
    }),
    fc.constant("v=2;given=2026-11-23T00:00:00Z;purposes=analytics"),
  ),
  any,
);
const event = fc.record(
  {
    id: mostly(fc.uuid(), text),
    type: mostly(fc.constant("page.view"), text),
    time: mostly(fc.constant("2026-11-24T10:00:00Z"), text),
    subject: mostly(word, text),
    data: mostly(data, any),
    consent,
    data_base64: mostly(word, text),
    extra: mostly(word, any),
  },
  { requiredKeys: ["id", "type", "time", "subject"] },
);

/** The same shape with other values, as a sender's next event is. */
function varied(value: unknown, values: readonly unknown[], next: { at: number }): unknown {
  if (Array.isArray(value)) return value.map((member) => varied(member, values, next));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, varied(member, values, next)]));
  }
  const other = values[next.at++ % values.length];
  return typeof other === typeof value && next.at % 5 === 0 ? other : value;
}

const edits = fc.array(
  fc.record({
    at: fc.nat(),
    what: fc.oneof(
      fc.constantFrom(
        '"',
        "\\",
        "\\n",
        "\\u0041",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        "\0",
        "\u007f",
        "é",
        "0",
        "-",
        ".",
        "e5",
        "1e999",
      ),
      fc.constantFrom('"id":"twice",', '"page":{},', '"__proto__":{"count":1},', "null", "true", "falsy"),
    ),
    cut: fc.nat({ max: 3 }),
  }),
  { maxLength: 3 },
);

function edited(body: string, changes: readonly { at: number; what: string; cut: number }[]): string {
  return changes.reduce((before, { at, what, cut }) => {
    const start = at % (before.length + 1);
    return before.slice(0, start) + what + before.slice(start + cut);
  }, body);
}

describe("what is matched", () => {
  test("reads as JSON.parse reads it, and what JSON.parse refuses is not matched: 100,000 generated and mutated bodies", () => {
    let matches = 0;
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 3 }),
        fc.array(scalar, { minLength: 1, maxLength: 8 }),
        fc.array(edits, { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        (events, values, changes, single) => {
          const known = new KnownShapes();
          for (const one of events) known.learn(JSON.parse(JSON.stringify(one)), source, NOW);
          const others = events.map((one, i) => varied(one, values, { at: i }));
          const plain = JSON.stringify(single ? others[0] : others);
          for (const change of changes) {
            const body = Buffer.from(edited(plain, change));
            const matched = matchEvents(body, known.all);
            if (typeof matched === "number") continue;
            matches += 1;
            const value = parsed(body);
            expect(value).toBeDefined();
            expect(readAll(matched)).toEqual(readAll(parsedEvents(value ?? [])));
          }
        },
      ),
      { numRuns: 12_500 },
    );
    // else it would show nothing
    expect(matches).toBeGreaterThan(5000);
  });

  const view = (id: string, more: object = {}): object => ({
    id,
    type: "page.view",
    time: "2026-11-24T10:00:00Z",
    subject: "visitor",
    data: { page: { path: "/a", title: "Straße" }, price: 1.5, on: true },
    ...more,
  });
  const known = new KnownShapes();
  known.learn(view("first"), source, NOW);
  const match = (body: string | Buffer): ReturnType<typeof matchEvents> => matchEvents(Buffer.from(body), known.all);

  test("is the usual: other values of the same shape, one event or many, a line end after them", () => {
    for (const body of [[view("1"), view("é")], view("2")]) {
      const matched = match(`${JSON.stringify(body)}\n`);
      expect(matched).not.toBeTypeOf("number");
      expect(readAll(matched as EventList)).toEqual(readAll(parsedEvents([body].flat())));
    }
  });

  test.each([
    ["an escape", JSON.stringify(view('say "hi"'))],
    ["a control character", JSON.stringify(view("a")).replace("/a", "/\u0001")],
    ["a number with a leading zero", JSON.stringify(view("a")).replace("1.5", "01.5")],
    ["a number without digits", JSON.stringify(view("a")).replace("1.5", "-")],
    ["a fraction without digits", JSON.stringify(view("a")).replace("1.5", "1.")],
    ["an exponent", JSON.stringify(view("a")).replace("1.5", "1e5")],
    ["a key twice", JSON.stringify(view("a")).replace('"price"', '"price":1,"price"')],
    ["white space between tokens", JSON.stringify(view("a"), undefined, 1)],
    ["an end that is missing", `[${JSON.stringify(view("a"))}`],
    ["an end too many", `${JSON.stringify(view("a"))}]`],
    ["an empty array", "[]"],
    ["nothing", ""],
    ["the body before it, which was longer", JSON.stringify(view("a")).slice(0, -1)],
  ])("is not %s", (_, body) => {
    match(JSON.stringify([view("a"), view("b")]));
    expect(match(body)).toBeTypeOf("number");
  });

  test("is told of the first event that is of no known shape", () => {
    expect(match(JSON.stringify([view("a"), view("b"), view("c", { more: 1 })]))).toBe(2);
  });
});
