import fc from "fast-check";
import { ANONYMIZE_METHODS, type FieldType, type Policy } from "@o2mc/schema/consent/policy.ts";

export const FIELDS: readonly (readonly [path: string, type: FieldType])[] = [
  ["page.path", "string"],
  ["email", "string"],
  ["price", "number"],
  ["n", "integer"],
  ["flag", "boolean"],
  ["when", "timestamp"],
  ["constructor", "string"],
  ["__proto__", "string"],
  ["$subject", "string"],
  ["$ip", "string"],
];

const PURPOSES = ["analytics", "marketing"];

const open = fc.constant(FIELDS.map(() => PURPOSES));
const partly = fc.tuple(...FIELDS.map(() => fc.constantFrom(PURPOSES, PURPOSES, PURPOSES, ["marketing"], [])));

export const policy: fc.Arbitrary<Policy> = fc
  .oneof({ weight: 3, arbitrary: open }, { weight: 1, arbitrary: partly })
  .map((seenBy) => ({
    version: 1,
    purposes: PURPOSES.map((name) => ({ name, description: "", legalBasis: "consent", lifetimeDays: 30 })),
    fields: FIELDS.map(([path, type], i) => ({ path, type, purposes: seenBy[i] ?? [], description: "" })),
  }));

const MADE = ["x", "y", "z.a", "z.b"];
const BAD_NAMES = ["#key", "$KV", "a..b", "", "x".repeat(100), "toString", "1", "a\u0000"];
const name = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(...FIELDS.map(([path]) => path), ...MADE, "$id", "$type", "$time", "$source"),
  },
  { weight: 1, arbitrary: fc.constantFrom(...BAD_NAMES) },
);
const made = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...MADE, "page.path", "email", "__proto__") },
  { weight: 1, arbitrary: name },
);

/** Sources that mostly parse, often have a type, and sometimes are hostile. */
const { expression: wellFormed } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(
      name.map((path) => (/^\w+(\.\w+)*$/.test(path) ? `event.${path}` : `event[${JSON.stringify(path)}]`)),
      name.map((path) => `event[${JSON.stringify(path)}]`),
      fc.constantFrom(
        "1",
        "2.5",
        "0",
        "-1",
        "true",
        "false",
        "null",
        '"a"',
        '""',
        '"é🙂"',
        "9007199254740991",
        "1e308",
        "9223372036854775807",
      ),
    ),
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||"),
        tie("expression"),
      )
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc.tuple(tie("expression"), tie("expression"), tie("expression")).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc
      .tuple(
        fc.constantFrom("size", "has", "string", "int", "double", "timestamp", "sha256", "lowerAscii", "!", "-"),
        tie("expression"),
      )
      .map(([call, a]) => `${call}(${a})`),
    fc.tuple(tie("expression"), fc.constantFrom("0", "1", "-1")).map(([a, i]) => `pathSegment(${a}, ${i})`),
    fc
      .tuple(tie("expression"), fc.constantFrom("startsWith", "endsWith", "contains"), tie("expression"))
      .map(([a, method, b]) => `${a}.${method}(${b})`),
    fc
      .tuple(tie("expression"), fc.constantFrom("(a+)+$", "^.*$", "[", "(?i)X", "\\\\d{1,3}", "(a|b)*c", "\\\\pL"))
      .map(([a, pattern]) => `${a}.matches("${pattern}")`),
    fc
      .tuple(tie("expression"), fc.array(tie("expression"), { maxLength: 3 }))
      .map(([a, list]) => `${a} in [${list.join(", ")}]`),
  ),
}));

const read = (path: string): string => `event[${JSON.stringify(path)}]`;
const PATTERNS = ["(a+)+$", "^.*$", "(?i)X", "\\\\d{1,3}", "(a|b)*c", "^/products/"];

const TEXT_CALLS = [
  "url.host($)",
  "url.registrableDomain($)",
  "url.path($)",
  'url.parameter($, "x")',
  "url.encode($)",
  "url.decode($)",
  "userAgent.browser($)",
  'json.value($, "a[0].constructor")',
  'regex.extract($, "(a|b)*c?(.)")',
  'regex.replace($, "", "ab")',
  'date.iso(timestamp($), "Europe/Amsterdam")',
  "$.reverse()",
  "$.trim()",
  "$.substring(1)",
  "$.orValue(string(1.5))",
];

/** Sources that have a type, whatever they read. */
const typed = fc.letrec<{ text: string; number: string; flag: string }>((tie) => {
  const [a, n, b] = [tie("text"), tie("number"), tie("flag")];
  const deep = { depthSize: "small" } as const;
  return {
    text: fc.oneof(
      deep,
      fc.constantFrom(
        ...["page.path", "email", "constructor", "__proto__", "$ip", "$type", "x"].map(read),
        '""',
        '"é🙂"',
      ),
      fc.tuple(a, a).map(([l, r]) => `${l} + ${r}`),
      fc.tuple(b, a, a).map(([c, l, r]) => `(${c} ? ${l} : ${r})`),
      fc.tuple(fc.constantFrom("lowerAscii", "sha256", "string"), a).map(([call, of]) => `${call}(${of})`),
      fc.oneof(n, b).map((of) => `string(${of})`),
      fc.tuple(a, fc.constantFrom("0", "1", "-1")).map(([of, i]) => `pathSegment(${of}, ${i})`),
      fc.tuple(fc.constantFrom(...TEXT_CALLS), a).map(([call, of]) => call.replace("$", () => `(${of})`)),
      fc.tuple(a, a, a).map(([of, b2, c]) => `(${of}).replace(${b2}, ${c})`),
      fc.tuple(a, a, a).map(([of, by, c]) => `(${of}).split(${by}).map(q, q + ${c}).join(${by})`),
    ),
    number: fc.oneof(
      deep,
      fc.constantFrom(...["price", "n", "y"].map(read), "0", "2.5", "-1", "9007199254740991", "1e308"),
      fc.tuple(n, fc.constantFrom("+", "-", "*", "/"), n).map(([l, o, r]) => `(${l} ${o} ${r})`),
      fc.tuple(n, n).map(([l, r]) => `(int(${l}) % int(${r}))`),
      fc.tuple(fc.constantFrom("size", "int", "double"), a).map(([call, of]) => `${call}(${of})`),
      a.map((of) => `int(timestamp(${of}))`),
      a.map((of) => `(${read("when")} - timestamp(${of})).getHours()`),
      a.map((of) => `${read("when")}.getHours(${of})`),
      fc.tuple(a, a).map(([of, by]) => `(${of}).lastIndexOf(${by})`),
      fc.tuple(a, n).map(([of, i]) => `(${of}).split("").map(q, size(q))[int(${i})]`),
      n.map((of) => `math.bitShiftLeft(int(${of}), 7)`),
      fc.tuple(b, n, n).map(([c, l, r]) => `(${c} ? ${l} : ${r})`),
    ),
    flag: fc.oneof(
      deep,
      fc.constantFrom(...["flag", "z.a"].map(read), "true", `has(${read("email")})`, `${read("when")} == null`),
      fc
        .tuple(a, fc.constantFrom("startsWith", "endsWith", "contains"), a)
        .map(([l, call, r]) => `(${l}).${call}(${r})`),
      fc.tuple(a, fc.constantFrom(...PATTERNS)).map(([of, pattern]) => `(${of}).matches("${pattern}")`),
      fc.tuple(n, fc.constantFrom("<", ">=", "==", "!="), n).map(([l, o, r]) => `(${l} ${o} ${r})`),
      fc.tuple(a, fc.constantFrom("<", ">=", "==", "!="), a).map(([l, o, r]) => `(${l} ${o} ${r})`),
      fc.tuple(b, fc.constantFrom("&&", "||", "=="), b).map(([l, o, r]) => `(${l} ${o} ${r})`),
      fc.tuple(a, fc.array(a, { minLength: 1, maxLength: 3 })).map(([of, list]) => `(${of} in [${list.join(", ")}])`),
      b.map((of) => `!(${of})`),
      fc.tuple(a, b).map(([of, c]) => `(${of}).split("").exists(q, (${of}).split("").all(p, p == q || ${c}))`),
    ),
  };
});

const HOSTILE = [
  "event.constructor",
  'event["__proto__"].constructor',
  "globalThis",
  "[1, 2].map(x, x)",
  "event.map(k, k)",
  "((((((((((1))))))))))",
  '"\\ud800"',
  "b'abc'",
  "1u",
  "{'a': 1}.a",
  "event",
  "event.?page",
  "`a`",
  "k[0]",
  "runtime.sha256('a')",
  "",
  "\u2028",
];
const token = fc.constantFrom(
  "event",
  ".",
  "[",
  "]",
  "(",
  ")",
  '"',
  "'",
  "\\",
  "1",
  "+",
  "&&",
  "?",
  ":",
  "in",
  "page",
  "matches",
  "{",
  "}",
  ",",
  " ",
  "\n",
  "\u0000",
  "é",
);

export const expression: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: wellFormed },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.array(token, { maxLength: 20 }).map((tokens) => tokens.join("")) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(wellFormed, fc.nat(40), token)
      .map(([text, at, part]) => text.slice(0, at) + part + text.slice(at)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(wellFormed, fc.constantFrom(2, 60, 300))
      .map(([text, n]) => Array.from({ length: n }, () => text).join(" + ")),
  },
);

const aggregate = fc.oneof(
  { weight: 3, arbitrary: fc.record({ as: made, kind: fc.constant("count") }) },
  {
    weight: 6,
    arbitrary: fc.record({
      as: made,
      kind: fc.constantFrom("sum", "avg", "min", "max", "first", "last", "distinct", "estimate"),
      field: name,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      as: made,
      kind: fc.constant("quantile"),
      field: name,
      quantile: fc.constantFrom(0, 0.5, 1, 2),
    }),
  },
  { weight: 2, arbitrary: fc.record({ as: made, kind: fc.constant("top"), field: name, k: fc.constantFrom(1, 3, 0) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      as: made,
      kind: fc.constantFrom("count", "sum", "median"),
      field: fc.option(name, { nil: undefined }),
    }),
  },
);

const plainStep: fc.Arbitrary<object> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc
      .tuple(fc.constantFrom("x", "y", "z.a"), typed.text, typed.number, typed.flag)
      .map(([field, text, number, flag]) => ({
        map: { set: [{ field, expression: field === "x" ? text : field === "y" ? number : flag }] },
      })),
  },
  { weight: 5, arbitrary: typed.flag.map((where) => ({ filter: { where } })) },
  { weight: 3, arbitrary: fc.constant({ map: { set: [{ field: "x", expression: 'event["x"] + event["x"]' }] } }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.record({ field: made, expression }), { maxLength: 3 }).map((set) => ({ map: { set } })),
  },
  // doubles a text, or a column that is none
  {
    weight: 1,
    arbitrary: made.map((field) => ({
      map: { set: [{ field, expression: `event["${field}"] + event["${field}"]` }] },
    })),
  },
  { weight: 1, arbitrary: expression.map((where) => ({ filter: { where } })) },
  { weight: 1, arbitrary: fc.array(name, { maxLength: 2 }).map((fields) => ({ drop: { fields } })) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.record({ from: name, to: made }), { maxLength: 3 })
      .map((fields) => ({ rename: { fields } })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        field: name,
        method: fc.constantFrom(...ANONYMIZE_METHODS, "hash", "none"),
        keep: fc.option(fc.constantFrom(0, 3, 4096, -1), { nil: undefined, freq: 2 }),
        step: fc.option(fc.constantFrom(0.5, 10, 1e12, 0), { nil: undefined, freq: 2 }),
        more: fc.oneof(
          { weight: 5, arbitrary: fc.constant({}) },
          {
            weight: 1,
            arbitrary: fc.constantFrom(
              { to: "day" },
              { to: "month", zone: "Europe/Amsterdam" },
              { to: "eon" },
              { zone: "nowhere" },
              { rotate: "week" },
              { rotate: "" },
            ),
          },
        ),
      })
      .map(({ more, ...anonymize }) => ({ anonymize: { ...anonymize, ...more } })),
  },
  { weight: 1, arbitrary: fc.record({ field: name, into: made }).map((geoip) => ({ lookup: { geoip } })) },
  {
    weight: 1,
    arbitrary: fc
      .record({
        gapSeconds: fc.constantFrom(1, 30, 0, 1e9),
        maxSeconds: fc.constantFrom(undefined, undefined, 40),
        cutOn: fc.option(fc.array(name, { maxLength: 2 }), { nil: undefined, freq: 2 }),
        updates: fc.constantFrom(undefined, undefined, true),
        sticky: fc.array(fc.record({ field: name, keep: fc.constantFrom("first", "last", "all"), as: made }), {
          maxLength: 2,
        }),
      })
      .map((sessionize) => ({ sessionize })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        by: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(name, { maxLength: 2 })),
        withinSeconds: fc.constantFrom(1, 60, 60, 1e9),
        matches: fc.constantFrom("all", "non-overlapping", undefined, "some"),
        pattern: fc.array(
          fc.record({
            name: fc.constantFrom("a", "b", "c", "__proto__"),
            where: fc.oneof({ weight: 6, arbitrary: typed.flag }, expression),
            repeat: fc.constantFrom(undefined, undefined, true),
            without: fc.constantFrom(undefined, undefined, undefined, true),
          }),
          { minLength: 1, maxLength: 3 },
        ),
        columns: fc.array(
          fc.record({
            as: made,
            of: fc.constantFrom("a", "b", "c", "__proto__"),
            keep: fc.constantFrom("first", "last", "count"),
            field: fc.option(name, { nil: undefined }),
          }),
          { maxLength: 2 },
        ),
      })
      .map((sequence) => ({ sequence })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        kind: fc.constantFrom(undefined, undefined, "tumbling", "sliding", "session", "calendar", "other"),
        sizeSeconds: fc.constantFrom(undefined, 1, 60, 60, 0),
        everySeconds: fc.constantFrom(undefined, undefined, 7),
        gapSeconds: fc.constantFrom(undefined, undefined, 5),
        unit: fc.constantFrom(undefined, undefined, "day", "month"),
        timeZone: fc.constantFrom(undefined, undefined, "Europe/Amsterdam", "Nowhere/Else"),
        latenessSeconds: fc.constantFrom(undefined, 0, 20),
        lateOutput: fc.constantFrom(undefined, undefined, undefined, "late", "out", "a b"),
        earlySeconds: fc.constantFrom(undefined, undefined, 3),
        by: fc.array(name, { maxLength: 2 }),
        aggregates: fc.array(aggregate, { maxLength: 3 }),
      })
      .map((window) => ({ window })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      {},
      { emit: {} },
      { map: null },
      { constructor: {} },
      { map: { set: [] }, drop: { fields: [] } },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.constantFrom("map", "emit", "__proto__", "filter", "x"), fc.jsonValue({ maxDepth: 3 })),
  },
);

const parseColumns = fc.array(
  fc.record({
    as: made,
    type: fc.constantFrom("string", "number", "integer", "boolean", "timestamp", undefined),
    from: fc.constantFrom("a", "a", "1", "a[0]", "__proto__", ".."),
  }),
  { minLength: 1, maxLength: 2 },
);
const parse = fc
  .tuple(
    fc.record({ field: fc.oneof({ weight: 4, arbitrary: fc.constant("x") }, name) }),
    fc.oneof(
      fc.record({ format: fc.constantFrom("json", "csv", "query", "xml"), columns: parseColumns }),
      fc.record({ format: fc.constantFrom("combined-log", "user-agent"), into: made }),
      fc.record({
        format: fc.constant("pattern"),
        pattern: fc.constantFrom("%{GREEDYDATA:a}", "^%{INT:a}$", "(?:a+)+$|%{URI:a}", "%{NOPE:a}", "(", ""),
        columns: fc.constant([{ as: "x", from: "a" }]),
      }),
    ),
    fc.constantFrom({}, {}, { failed: "dead-letter" }, { failed: "no" }, { delimiter: ";" }),
  )
  .map((parts) => Object.assign({}, ...parts) as object);

const rowStep: fc.Arbitrary<object> = fc.oneof(
  { weight: 18, arbitrary: plainStep },
  { weight: 1, arbitrary: parse.map((options) => ({ parse: options })) },
  {
    weight: 1,
    arbitrary: fc
      .record({
        rate: fc.constantFrom(0, 0.5, 0.5, 1, 2),
        by: fc.constantFrom("subject", "id", undefined),
        salt: fc.constantFrom("", "x", undefined),
      })
      .map((sample) => ({ sample })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        by: fc.array(fc.oneof({ weight: 6, arbitrary: typed.text }, expression), { minLength: 1, maxLength: 2 }),
        withinSeconds: fc.constantFrom(1, 60, 1e9),
      })
      .map((dedupe) => ({ dedupe })),
  },
);

const emit = fc
  .record({
    output: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom("out", "other") },
      { weight: 1, arbitrary: fc.constantFrom("ev.>", "", "__proto__", "a b") },
    ),
    fields: fc.option(fc.array(name, { maxLength: 5 }), { nil: undefined, freq: 2 }),
  })
  .map((options) => ({ emit: options }));

const lined: fc.Arbitrary<object> = fc.letrec<{ line: object[]; step: object }>((tie) => ({
  line: fc
    .tuple(
      fc.array(tie("step"), { maxLength: 2 }),
      fc.option(
        emit.map(({ emit: one }) => ({ emit: { ...one, output: `line_${one.output}` } })),
        { freq: 2 },
      ),
    )
    .map(([steps, end]) => (end === null ? steps : [...steps, end])),
  step: fc.oneof(
    { maxDepth: 3, depthIdentifier: "lines" },
    { weight: 16, arbitrary: rowStep },
    {
      weight: 1,
      arbitrary: fc
        .record({ when: fc.option(typed.flag, { nil: undefined, freq: 2 }), steps: tie("line") })
        .map((branch) => ({ branch })),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({
          cases: fc.array(
            fc.record({ when: fc.oneof({ weight: 6, arbitrary: typed.flag }, expression), steps: tie("line") }),
            {
              minLength: 1,
              maxLength: 3,
            },
          ),
          otherwise: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, tie("line")),
        })
        .map((split) => ({ split })),
    },
  ),
})).step;

/** so that what later steps read is mostly there */
const start: fc.Arbitrary<readonly object[]> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constant([
      {
        map: {
          set: [
            { field: "x", expression: 'event["page.path"]' },
            { field: "y", expression: 'event["price"]' },
            { field: "z.a", expression: "true" },
          ],
        },
      },
    ]),
  },
  { weight: 1, arbitrary: fc.constant([]) },
);

export const definition = fc.record({
  purposes: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(["analytics"], ["marketing"], ["analytics", "marketing"]) },
    { weight: 1, arbitrary: fc.constantFrom([], ["unknown"], ["constructor"], ["analytics", "analytics"]) },
  ),
  time: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ disorderSeconds: fc.constantFrom(0, 10), idleSeconds: fc.constantFrom(1, 30) }),
    },
    { weight: 1, arbitrary: fc.oneof(fc.constant(undefined), fc.jsonValue({ maxDepth: 2 })) },
  ),
  steps: fc
    .tuple(start, fc.array(lined, { maxLength: 5 }), emit, fc.array(fc.oneof(lined, emit), { maxLength: 2 }))
    .map(([first, before, out, after]) => [...first, ...before, out, ...after]),
});

const text = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "/products/1?x#y",
    "192.0.2.7",
    "2001:db8::1",
    "2026-11-24T10:00:00Z",
    "12",
    "1e400",
    "é".repeat(300),
  ),
  fc.string({ unit: "binary", maxLength: 10 }),
);
const cell: Readonly<Record<FieldType, fc.Arbitrary<string | number | boolean>>> = {
  string: text,
  number: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 1e308)),
  integer: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 2 ** 53 - 1)),
  boolean: fc.boolean(),
  timestamp: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.constantFrom(-6e13, 8.64e15 + 1)),
};

/** One event: its subject, its time in seconds, and a cell of each field. */
const event = fc.record({
  subject: fc.constantFrom("s1", "s2"),
  time: fc.oneof(fc.nat(200), fc.constantFrom(-1e9, 1e9)),
  cells: fc.tuple(...FIELDS.map(([, type]) => fc.option(cell[type], { freq: 6 }))),
});

export const frames = fc.array(fc.array(event, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 });
