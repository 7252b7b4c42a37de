import fc from "fast-check";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { FieldType, LegalBasis, Policy, SignalMeaning } from "@o2mc/schema/consent/policy.ts";
import type { DeployedLane, DeployedSource } from "@o2mc/schema/deployment/deployment.ts";
import type { TcfFacts } from "./tc-string.ts";

export const DAY_MS = 86_400_000;

/** One application with its policy and all that is stored, and the requests that its one source sends. */
export interface World {
  readonly policy: Policy;
  readonly lanes: readonly DeployedLane[];
  readonly source: Pick<DeployedSource, "kind" | "consentMode" | "grant">;
  /** what is stored of subjects, as offsets of `givenAt` from now */
  readonly states: readonly (readonly [subject: string, state: StateFacts])[];
  readonly requests: readonly RequestFacts[];
}

export type StateFacts = Omit<ConsentState, "givenAt" | "receipt"> & { readonly age: number };

export interface RequestFacts {
  readonly gpc: string | undefined;
  readonly dnt: string | undefined;
  readonly form: "array" | "lines";
  /** white space between the tokens of an event */
  readonly space: string;
  readonly events: readonly EventFacts[];
}

/** An event as it is written, member by member: what stands twice here stands twice in the text. */
export type EventFacts = readonly Member[];
export type Member = readonly [name: string, value: ValueFacts];
export type ValueFacts =
  | { readonly json: unknown }
  /** a time that is that long before the request, in ms */
  | { readonly age: number }
  | { readonly claim: ClaimFacts };

/** A claim of consent, as an object or as text. */
export interface ClaimFacts {
  readonly as: "object" | "text";
  readonly purposes?: readonly string[];
  readonly level?: string;
  readonly policyVersion: unknown;
  /** ms before the request; undefined = what stands there is no time */
  readonly age: number | undefined;
  readonly tcf?: TcfFacts | "invalid";
  readonly gpc?: boolean;
  readonly dnt?: boolean;
  readonly extra?: boolean;
  readonly wording?: string;
}

/** stands in every event, in a field that no policy declares */
export const UNDECLARED = "never@person.example";
const PURPOSES = ["analytics", "marketing", "constructor", "billing"];
const NAMES = [...PURPOSES, "unknown", "__proto__"];
const SUBJECTS = ["s1", "s2", "*", ">", "a.b", "ü\u2028", "__proto__", "half\ud800"];
/** far enough from every limit that a slow machine changes nothing */
const AGES = [0, 3_600_000, 20 * DAY_MS, 40 * DAY_MS, 400 * DAY_MS, 3650 * DAY_MS, -60_000, -900_000, -3650 * DAY_MS];

const FIELDS: readonly (readonly [path: string, type: FieldType])[] = [
  ["page", "string"],
  ["page.path", "string"],
  ["price", "number"],
  ["n", "integer"],
  ["when", "timestamp"],
  ["flag", "boolean"],
  ["constructor", "string"],
  ["a.b.c", "string"],
  ["__proto__", "string"],
  ["$subject", "string"],
  ["$ip", "string"],
];

const subset = <T>(all: readonly T[], minLength = 0): fc.Arbitrary<T[]> =>
  fc.subarray([...all], { minLength, maxLength: all.length });
/** Once in so many. */
const sometimes = <T>(value: fc.Arbitrary<T>, many: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: many - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const meaning: fc.Arbitrary<SignalMeaning> = fc.record({
  gpc: fc.constantFrom("deny", "ignore"),
  dnt: fc.constantFrom("deny", "ignore"),
  tcf: fc.option(fc.record({ purposes: subset([1, 2, 3, 4], 1), vendor: fc.constantFrom(null, 2, 8) }), { freq: 2 }),
});
const BASES: readonly LegalBasis[] = ["consent", "contract", "legitimate-interests", "public-task", "legal-obligation"];

const WORDINGS = ["banner-en", "banner-nl"];

const policyOf = (purposes: readonly string[]): fc.Arbitrary<Policy> =>
  fc.record({
    version: fc.constantFrom(1, 2),
    purposes: fc.tuple(
      ...purposes.map((name) =>
        fc
          .record({
            legalBasis: fc.constantFrom(...BASES),
            lifetimeDays: fc.constantFrom(1, 30, 365),
            signals: fc.option(meaning, { nil: undefined }),
          })
          .map(({ signals, ...rest }) => ({ name, description: "", ...rest, ...(signals && { signals }) })),
      ),
    ),
    fields: fc
      .tuple(
        ...FIELDS.map(([path, type]) =>
          fc
            .option(subset(purposes), { nil: undefined, freq: 4 })
            .map((seenBy) => (seenBy === undefined ? [] : [{ path, type, purposes: seenBy, description: "" }])),
        ),
      )
      .map((fields) => fields.flat()),
    levels: fc
      .array(fc.integer({ min: 1, max: purposes.length }), { maxLength: 2 })
      .map((sizes) => sizes.map((size, i) => ({ name: `level${i}`, purposes: purposes.slice(0, size) }))),
    wordings: subset(WORDINGS).map((ids) => ids.map((id) => ({ id, language: "en", text: "May we?", purposes: [] }))),
    receiptsPurpose: fc.oneof(
      { weight: 5, arbitrary: fc.constant("") },
      { weight: 1, arbitrary: fc.constantFrom(...purposes) },
    ),
  });

/** Sometimes of purposes that the policy has not, or of none: a deployment that says so must not be believed. */
const lanesOf = (policy: Policy): fc.Arbitrary<readonly DeployedLane[]> =>
  fc
    .array(
      fc.record({
        purposes: fc.oneof(
          {
            weight: 10,
            arbitrary: subset(
              policy.purposes.map(({ name }) => name),
              1,
            ),
          },
          { weight: 1, arbitrary: subset(NAMES) },
        ),
        partitions: fc.constantFrom(1, 3),
        fields: subset(policy.fields),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((lanes) => lanes.map((lane, i) => ({ id: `lane${i}`, ...lane })));

const tcf: fc.Arbitrary<TcfFacts | "invalid"> = fc.oneof(
  { weight: 1, arbitrary: fc.constant("invalid" as const) },
  {
    weight: 6,
    arbitrary: fc.record({
      consent: subset([1, 2, 3, 4, 24]),
      interest: subset([1, 2, 3, 4]),
      vendors: subset([1, 2, 8, 9]),
      interestVendors: subset([2, 8]),
      future: fc.constantFrom(false, false, false, false, true),
    }),
  },
);

const claimOf = ({ purposes, version, levels = [] }: Policy): fc.Arbitrary<ClaimFacts> => {
  const known = purposes.map(({ name }) => name);
  const names = fc.oneof(
    { weight: 6, arbitrary: fc.constant(known) },
    { weight: 3, arbitrary: subset(known) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...NAMES), { maxLength: 4 }) },
  );
  return fc
    .record({
      as: fc.constantFrom("object" as const, "object" as const, "text" as const),
      purposes: fc.option(names, { nil: undefined, freq: 14 }),
      level: sometimes(fc.constantFrom("all", ...levels.map(({ name }) => name)), 16),
      policyVersion: fc.oneof(
        { weight: 12, arbitrary: fc.constant<unknown>(version) },
        { weight: 1, arbitrary: fc.constantFrom<unknown>(version + 1, 0, -1, 1.5, String(version), null, 2 ** 53) },
      ),
      age: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(0, 3_600_000) },
        { weight: 4, arbitrary: fc.constantFrom<number | undefined>(...AGES, undefined) },
      ),
      tcf: sometimes(tcf, 6),
      gpc: sometimes(fc.boolean(), 6),
      dnt: sometimes(fc.boolean(), 6),
      extra: sometimes(fc.constant(true), 20),
      wording: sometimes(fc.constantFrom(...WORDINGS), 12),
    })
    .map((claim) => Object.fromEntries(Object.entries(claim).filter(([, value]) => value !== undefined)))
    .map((claim) => ({ age: undefined, ...claim }) as ClaimFacts);
};

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, "", "yes", [], {}, "v=1", [[]], "a\u0000b", "x".repeat(600), -1e308),
  fc.jsonValue({ maxDepth: 2 }),
);

const dataOf = (): fc.Arbitrary<unknown> => {
  const text = fc.oneof(
    fc.constantFrom("", "a", "/products/1", "ünï\u2028", 'q"\\', "\ud800"),
    fc.string({ maxLength: 12 }),
  );
  const value = {
    price: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 9.5)),
    n: fc.oneof(fc.integer(), fc.constantFrom(2 ** 53 - 1, 2 ** 53 - 1, 2 ** 53, -(2 ** 53) - 2, 1e21)),
    when: fc.constantFrom("2026-11-24T10:00:00Z", "2024-02-29T23:59:59.123+02:00"),
    flag: fc.boolean(),
    constructor: text,
    __proto: text,
    page: fc.oneof({ weight: 12, arbitrary: fc.record({ path: text, title: text }) }, { weight: 1, arbitrary: text }),
    a: fc.record({ b: fc.record({ c: text, d: fc.constant(1) }) }),
    email: fc.constant(UNDECLARED),
  };
  return fc.oneof(
    { weight: 8, arbitrary: fc.record(value) },
    { weight: 3, arbitrary: fc.record(value, { requiredKeys: [] }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.record(value), fc.constantFrom("price", "n", "when", "flag", "page", "a"), junk)
        .map(([data, name, wrong]) => ({ ...data, [name]: wrong })),
    },
    {
      weight: 1,
      arbitrary: text.map((inherited) => JSON.parse(`{"__proto__":${JSON.stringify(inherited)},"n":1}`) as unknown),
    },
  );
};

const eventOf = (policy: Policy, ids: fc.Arbitrary<string>): fc.Arbitrary<EventFacts> => {
  const json = (value: unknown): ValueFacts => ({ json: value });
  const whole = fc
    .tuple(
      ids,
      fc.constantFrom("page.view", "click"),
      fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom<number>(0, DAY_MS / 2, 20 * DAY_MS) },
        { weight: 1, arbitrary: fc.constantFrom(...AGES, 4000 * DAY_MS, -4000 * DAY_MS) },
      ),
      fc.constantFrom(...SUBJECTS),
      dataOf(),
      fc.oneof(
        { weight: 12, arbitrary: claimOf(policy).map((claim): ValueFacts => ({ claim })) },
        { weight: 2, arbitrary: fc.constant<ValueFacts | undefined>(undefined) },
        { weight: 1, arbitrary: junk.map(json) },
      ),
    )
    .map(([id, type, age, subject, data, consent]): EventFacts => [
      ["id", json(id)],
      ["type", json(type)],
      ["time", { age }],
      ["subject", json(subject)],
      ["data", json(data)],
      ...(consent === undefined ? [] : [["consent", consent] as const]),
    ]);
  const name = fc.constantFrom("id", "type", "time", "subject", "data", "consent", "__proto__", "email", "constructor");
  return fc.oneof(
    { weight: 12, arbitrary: whole },
    { weight: 1, arbitrary: fc.tuple(whole, fc.nat(5)).map(([event, i]) => event.filter((_, at) => at !== i)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(whole, name, junk)
        .map(([event, key, value]): EventFacts => [...event.filter(([other]) => other !== key), [key, json(value)]]),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(whole, whole, fc.nat(5)).map(([event, other, i]) => [...event, ...other.slice(i, i + 1)]),
    },
  );
};

const requestOf = (policy: Policy): fc.Arbitrary<RequestFacts> =>
  fc.record({
    gpc: sometimes(fc.constantFrom("1", "1", "0", "true", "1, 1", "0,1", "11"), 5),
    dnt: sometimes(fc.constantFrom("1", "1", "0", "0, 1"), 5),
    form: fc.constantFrom("array" as const, "array" as const, "lines" as const),
    space: fc.constantFrom("", "", "", " "),
    events: fc.array(
      eventOf(
        policy,
        fc.oneof(
          { weight: 30, arbitrary: fc.uuid() },
          { weight: 1, arbitrary: fc.constantFrom("same", "ID", "\u0085", "é", "e\u0301", "half\ud83d", "half\udfff") },
        ),
      ),
      {
        minLength: 1,
        maxLength: 40,
        size: "max",
      },
    ),
  });

export const world: fc.Arbitrary<World> = subset(PURPOSES, 1)
  .chain(policyOf)
  .chain((policy) =>
    fc.record({
      policy: fc.constant(policy),
      lanes: lanesOf(policy),
      source: fc.record({
        kind: fc.constantFrom("rest" as const, "web" as const),
        consentMode: fc.constantFrom("subject" as const, "subject" as const, "subject" as const, "owner" as const),
        grant: fc.record({
          granted: fc.constantFrom(true, true, true, true, true, true, true, false),
          purposes: subset(NAMES),
        }),
      }),
      states: fc
        .tuple(
          ...SUBJECTS.map((subject) =>
            fc
              .option(
                fc.record({
                  purposes: fc.oneof(fc.constant(policy.purposes.map(({ name }) => name)), subset(NAMES)),
                  policyVersion: fc.constantFrom(policy.version, policy.version, policy.version, policy.version + 1),
                  age: fc.constantFrom(0, 0, 3_600_000, ...AGES),
                }),
                { nil: undefined, freq: 2 },
              )
              .map((state) => (state === undefined ? [] : [[subject, state] as const])),
          ),
        )
        .map((states) => states.flat()),
      requests: fc.array(requestOf(policy), { minLength: 1, maxLength: 3 }),
    }),
  );
