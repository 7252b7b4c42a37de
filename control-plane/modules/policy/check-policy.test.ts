import { expect, test } from "vitest";
import type { AnonymizedUse, FieldDeclaration, Level, Purpose, Wording } from "@o2mc/schema/consent/policy.ts";
import { withReceiptFields } from "@o2mc/schema/consent/receipt-fields.ts";
import { checkPolicy } from "./check-policy.ts";

const purpose = (name: string, change: Partial<Purpose> = {}): Purpose => ({
  name,
  description: "",
  legalBasis: "consent",
  lifetimeDays: 30,
  ...change,
});
const field = (path: string, change: Partial<FieldDeclaration> = {}): FieldDeclaration => ({
  path,
  type: "string",
  purposes: ["analytics"],
  description: "",
  ...change,
});
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const PURPOSES = [purpose("analytics"), purpose("marketing")];

test.each<[string, readonly Purpose[], readonly FieldDeclaration[]]>([
  ["one purpose and no field", [purpose("a")], []],
  [
    "32 purposes and 1,000 fields",
    many(32, (i) => purpose(`p${i}`)),
    many(1000, (i) => field(`f${i}`, { purposes: [] })),
  ],
  ["the longest and shortest lifetime", [purpose("a", { lifetimeDays: 1 }), purpose("b", { lifetimeDays: 3650 })], []],
  ["names that share a beginning", PURPOSES, [field("a.b"), field("ab"), field("a_b"), field("a.bc"), field("b")]],
  ["the envelope's personal fields", PURPOSES, [field("$subject"), field("$ip", { purposes: ["marketing"] })]],
  ["a field that nobody may see", PURPOSES, [field("secret", { purposes: [] })]],
  ["eight names of 64 letters", PURPOSES, [field(many(8, () => "x".repeat(64)).join("."))]],
  ["names that objects have anyway", PURPOSES, [field("constructor"), field("toString.length")]],
])("%s may be published", (_, purposes, fields) => {
  expect(() => checkPolicy({ purposes, fields })).not.toThrow();
});

test.each<[string, readonly Purpose[]]>([
  ["must have 1 to 32 entries", []],
  ["must have 1 to 32 entries", many(33, (i) => purpose(`p${i}`))],
  ['have a name "" that', [purpose("")]],
  ['have a name "Analytics" that', [purpose("Analytics")]],
  ['have a name "a+b" that', [purpose("a+b")]],
  ['have a name "a.b" that', [purpose("a.b")]],
  ['have a name "a\\n" that', [purpose("a\n")]],
  ["…", [purpose("a".repeat(100_000))]],
  ["name analytics twice", [...PURPOSES, purpose("analytics")]],
  ["give a a lifetime that is not 1 to 3650 days", [purpose("a", { lifetimeDays: 0 })]],
  ["give a a lifetime", [purpose("a", { lifetimeDays: 3651 })]],
  ["give a a lifetime", [purpose("a", { lifetimeDays: -1 })]],
  ["give a a lifetime", [purpose("a", { lifetimeDays: 1.5 })]],
  ["give a a lifetime", [purpose("a", { lifetimeDays: NaN })]],
  ["describe a in more than 1000", [purpose("a", { description: "x".repeat(1001) })]],
])("purposes that %s", (problem, purposes) => {
  expect(() => checkPolicy({ purposes, fields: [] })).toThrow(problem);
  expect(() => checkPolicy({ purposes, fields: [] })).toThrow(/^purposes /);
});

test.each<[string, readonly FieldDeclaration[]]>([
  ["must have at most 1000 entries", many(1001, (i) => field(`f${i}`))],
  ...[
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "a b",
    "1a",
    "a-b",
    "a.*",
    "a.>",
    "$id",
    "$subject.x",
    "$",
    "é",
    "a\n",
    "a.__proto__",
  ].map((path): [string, FieldDeclaration[]] => [`have a path ${JSON.stringify(path)} that is none`, [field(path)]]),
  ["that is none", [field("__proto__")]],
  ["that is none", [field("x".repeat(65))]],
  ["that is none", [field(many(9, () => "x").join("."))]],
  ["…", [field("x".repeat(100_000))]],
  ["declare page.path twice", [field("page.path"), field("url"), field("page.path")]],
  ["declare $ip as number", [field("$ip", { type: "number" })]],
  ["declare $subject as timestamp", [field("$subject", { type: "timestamp" })]],
  ['show page to "unheard-of", which is no purpose', [field("page", { purposes: ["analytics", "unheard-of"] })]],
  ['show page to "constructor", which is no purpose', [field("page", { purposes: ["constructor"] })]],
  ["show page to one purpose twice", [field("page", { purposes: ["analytics", "analytics"] })]],
  ["declare a as a value and a.b as a part of it", [field("a"), field("a.b")]],
  ["declare a as a value and a.b.c as a part of it", [field("a.b.c"), field("x"), field("a")]],
  ["declare a.b as a value and a.b.c as a part of it", [field("a.b.c"), field("a.b")]],
  ["describe a in more than 1000", [field("a", { description: "x".repeat(1001) })]],
])("fields that %s", (problem, fields) => {
  expect(() => checkPolicy({ purposes: PURPOSES, fields })).toThrow(problem);
  expect(() => checkPolicy({ purposes: PURPOSES, fields })).toThrow(/^fields /);
});

const tcf = (purposes: number[], vendor: number | null = null) =>
  purpose("a", { signals: { gpc: "deny", dnt: "ignore", tcf: { purposes, vendor } } });

test.each<[string, Purpose[]]>([
  ["to TCF purposes that are not", [tcf([])]],
  ["to TCF purposes that are not", [tcf([0])]],
  ["to TCF purposes that are not", [tcf([25])]],
  ["to TCF purposes that are not", [tcf([1.5])]],
  ["to one TCF purpose twice", [tcf([1, 1])]],
  ["to a TCF vendor that is not", [tcf([1], 0)]],
  ["to a TCF vendor that is not", [tcf([1], 65_536)]],
])("purposes that map %s", (problem, purposes) => {
  expect(() => checkPolicy({ purposes, fields: [] })).toThrow(`purposes map a ${problem}`);
  expect(() => checkPolicy({ purposes: [tcf([1, 24], 65_535)], fields: [] })).not.toThrow();
});

const use = (change: Partial<AnonymizedUse> = {}): AnonymizedUse => ({
  methods: ["hash"],
  purposes: ["marketing"],
  ...change,
});

test.each<[string, Partial<FieldDeclaration>, AnonymizedUse]>([
  ["accept no method", {}, use({ methods: [] })],
  ['show a anonymized to "unheard-of"', {}, use({ purposes: ["unheard-of"] })],
  ["accept mask for a, which is a number", { type: "number" }, use({ methods: ["mask"] })],
  ["accept generalise for a, which is a string", {}, use({ methods: ["generalise"], step: 1 })],
  ["without the least step", { type: "integer" }, use({ methods: ["generalise"] })],
  ["or a step without it", {}, use({ step: 1 })],
  ["or a step without it", { type: "timestamp" }, use({ methods: ["generalise"], step: 1, to: "day" })],
  ["without the finest unit of a timestamp", { type: "timestamp" }, use({ methods: ["generalise"] })],
  ["or a unit without it", { type: "integer" }, use({ methods: ["generalise"], step: 1, to: "day" })],
  ["or a unit without it", { type: "timestamp" }, use({ to: "day" })],
  ["a rotation, without hash", {}, use({ methods: ["mask"], rotate: "day" })],
  ["a step that is not above 0", { type: "number" }, use({ methods: ["generalise"], step: 0 })],
  ["a step that is not above 0", { type: "number" }, use({ methods: ["generalise"], step: Infinity })],
  ["characters to keep, without mask or truncate", {}, use({ keep: 1 })],
  ["that are not 0 to 4096", {}, use({ methods: ["mask"], keep: -1 })],
  ["that are not 0 to 4096", {}, use({ methods: ["truncate"], keep: 1.5 })],
])("a use of what is anonymized: %s", (problem, change, anonymized) => {
  const fields = [field("a", { ...change, anonymized: [anonymized] })];
  expect(() => checkPolicy({ purposes: PURPOSES, fields })).toThrow(problem);
  expect(() => checkPolicy({ purposes: PURPOSES, fields: [field("a", { anonymized: [use()] })] })).not.toThrow();
});

test("accepted methods with a rotation and with a unit", () => {
  const fields = [
    field("a", { anonymized: [use({ methods: ["hash", "mask"], keep: 2, rotate: "week" })] }),
    field("b", { type: "timestamp", anonymized: [use({ methods: ["generalise"], to: "month" })] }),
  ];
  expect(() => checkPolicy({ purposes: PURPOSES, fields })).not.toThrow();
});

const level = (name: string, ...purposes: string[]): Level => ({ name, purposes });

test.each<[string, Level[]]>([
  ["have at most 16 entries", many(17, (i) => level(`l${i}`, "analytics"))],
  ['have a name "All" that', [level("All", "analytics")]],
  ["name some twice", [level("some", "analytics"), level("some", "analytics", "marketing")]],
  ['give all "unheard-of"', [level("all", "unheard-of")]],
  ["give all one purpose twice", [level("all", "analytics", "analytics")]],
  ["give all less than the level before it", [level("some", "analytics"), level("all", "marketing")]],
  ["give all no purpose more", [level("some", "analytics"), level("all", "analytics")]],
  ["give none no purpose more", [level("none")]],
])("levels that %s", (problem, levels) => {
  expect(() => checkPolicy({ purposes: PURPOSES, fields: [], levels })).toThrow(problem);
  const good = [level("some", "analytics"), level("all", "marketing", "analytics")];
  expect(() => checkPolicy({ purposes: PURPOSES, fields: [], levels: good })).not.toThrow();
});

test("what stands in receipts is a line at most", () => {
  for (const name of ["controller", "jurisdiction"]) {
    const policy = { purposes: PURPOSES, fields: [], [name]: "x".repeat(201) };
    expect(() => checkPolicy(policy)).toThrow(`${name} must have at most 200 characters`);
  }
});

const wording = (change: Partial<Wording> = {}): Wording => ({
  id: "banner-en",
  language: "en",
  text: "May we?",
  purposes: PURPOSES.map(({ name }) => ({ name, text: `For ${name}` })),
  ...change,
});
const only = (name: string) => [{ name, text: "x" }];

test("a policy has its texts in several languages, and none for what does not rest on consent", () => {
  const purposes = [...PURPOSES, purpose("invoices", { legalBasis: "contract" })];
  const wordings = [wording(), wording({ id: "banner-nl", language: "nl-BE" })];
  expect(() => checkPolicy({ purposes, fields: [], wordings })).not.toThrow();
});

test.each<[string, readonly Wording[]]>([
  ["have banner-en twice", [wording(), wording()]],
  ['have an id "Banner" that', [wording({ id: "Banner" })]],
  ['have banner-en in "english!", which is no language tag', [wording({ language: "english!" })]],
  ['have banner-en in "NL", which is no language tag', [wording({ language: "NL" })]],
  ["have texts in banner-en that do not have 1 to 4000", [wording({ text: " " })]],
  ["have texts in banner-en that do not have 1 to 4000", [wording({ text: "x".repeat(4001) })]],
  ["have no text in banner-en for marketing", [wording({ purposes: only("analytics") })]],
  ["have two texts for one purpose in", [wording({ purposes: [...only("analytics"), ...only("analytics")] })]],
  ['have a text in banner-en for "billing"', [wording({ purposes: only("billing") })]],
  ["must have at most 64 entries", many(65, (i) => wording({ id: `w${i}` }))],
])("wordings that %s", (problem, wordings) => {
  expect(() => checkPolicy({ purposes: PURPOSES, fields: [], wordings })).toThrow(problem);
});

test("receipts are processed for a legal obligation of their own", () => {
  const purposes = [...PURPOSES, purpose("proof", { legalBasis: "legal-obligation" })];
  const fields = withReceiptFields([field("page.path")], "proof");
  const check =
    (receiptsPurpose: string, more: readonly FieldDeclaration[] = fields) =>
    () =>
      checkPolicy({ purposes, fields: more, receiptsPurpose });
  expect(check("proof")).not.toThrow();
  expect(check("analytics")).toThrow("must be a purpose whose legal basis is a legal obligation");
  expect(check("unheard-of")).toThrow("is no purpose of the policy");
  expect(check("proof", [...fields, field("email", { purposes: ["proof"] })])).toThrow("and sees email");
});
