import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConsentState } from "./decision.ts";
import type { Policy } from "./policy.ts";
import { readConsentState } from "./read-state.ts";
import { consentRule } from "./rule.ts";

const NOW = Date.UTC(2026, 10, 24);
const DAY = 86_400_000;
const NAMES = ["analytics", "marketing", "service"];

// most cases differ from a permitted one in at most a place or two: random ones deny nearly always, and for many reasons
const policy: fc.Arbitrary<Policy> = fc
  .tuple(
    fc.subarray(NAMES, { minLength: 2 }),
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 3, maxLength: 3 }),
  )
  .map(([names, days]) => ({
    version: 3,
    purposes: names.map((name, i) => ({
      name,
      description: "",
      legalBasis: "consent",
      lifetimeDays: days[i] ?? 1,
    })),
    fields: [],
  }));
const purposes = fc.array(
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...NAMES) }, fc.constantFrom("unheard-of", "constructor")),
  { maxLength: 5 },
);
const instant = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -42, max: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity) },
);
const state: fc.Arbitrary<ConsentState> = fc.record({
  purposes,
  policyVersion: fc.constantFrom(3, 3, 3, 3, 3, 2, 4, NaN, 3.5, -3),
  givenAt: fc.oneof(
    { weight: 5, arbitrary: instant.chain((days) => fc.constantFrom(-1, 0, 1).map((ms) => NOW + days * DAY + ms)) },
    fc.constantFrom(NOW + 300_000, NOW + 300_001),
  ),
  receipt: fc.constant("r"),
});

/** The sentence of the policy, said slowly, purpose by purpose: every purpose is known, granted, current and not expired. */
function slowly(under: Policy, wanted: readonly string[], said: ConsentState): boolean {
  if (wanted.length === 0) return false;
  let all = true;
  for (const name of wanted) {
    let granted = false;
    for (const purpose of under.purposes) {
      if (purpose.name !== name) continue;
      for (const agreed of said.purposes) {
        const age = NOW - said.givenAt;
        if (
          agreed === name &&
          said.policyVersion === under.version &&
          age >= -300_000 &&
          age < purpose.lifetimeDays * DAY
        )
          granted = true;
      }
    }
    if (!granted) all = false;
  }
  return all;
}

describe("the rule of consent", () => {
  test("permits exactly what the slow rule permits", () => {
    fc.assert(
      fc.property(policy, purposes, state, (under, wanted, said) => {
        const rule = consentRule(under, wanted);
        expect(rule.denialOf(said, NOW) === undefined).toBe(slowly(under, wanted, said));
        expect(rule.recheck(said, NOW)).toBe(rule.denialOf(said, NOW));
      }),
      { numRuns: 20_000 },
    );
  });

  test("permits often enough in the property above to mean something", () => {
    const permitted = fc
      .sample(fc.tuple(policy, purposes, state), { numRuns: 20_000, seed: 1 })
      .filter(([under, wanted, said]) => slowly(under, wanted, said));
    expect(permitted.length).toBeGreaterThan(300);
  });

  test("without a stored state the gate's decision stands, except for a lane that is closed to all", () => {
    fc.assert(
      fc.property(policy, purposes, (under, wanted) => {
        const known = wanted.length > 0 && wanted.every((name) => under.purposes.some((one) => one.name === name));
        expect(consentRule(under, wanted).recheck(undefined, NOW)).toBe(known ? undefined : "no-lane");
      }),
    );
  });

  test("without a stored state a claim that was admitted under an older policy is denied, and only that", () => {
    fc.assert(
      fc.property(policy, purposes, state, fc.nat(5), (under, wanted, said, admitted) => {
        const rule = consentRule(under, wanted);
        const outdated = admitted > 0 && admitted < under.version;
        const before = rule.recheck(undefined, NOW);
        expect(rule.recheck(undefined, NOW, admitted)).toBe(before ?? (outdated ? "outdated-policy" : undefined));
        expect(rule.recheck(said, NOW, admitted)).toBe(rule.recheck(said, NOW));
      }),
    );
  });

  test("more purposes, a later time or less consent never permits what was denied", () => {
    fc.assert(
      fc.property(policy, purposes, purposes, state, fc.nat(40), (under, wanted, more, said, days) => {
        if (consentRule(under, [...wanted, ...more]).denialOf(said, NOW) !== undefined) return;
        if (wanted.length === 0) return;
        expect(consentRule(under, wanted).denialOf(said, NOW)).toBeUndefined();
        const fewer = { ...said, purposes: said.purposes.slice(1) };
        if (consentRule(under, wanted).denialOf(fewer, NOW) === undefined) {
          expect(fewer.purposes).toEqual(expect.arrayContaining(wanted));
        }
        const later = NOW + days * DAY;
        if (consentRule(under, wanted).denialOf(said, later) === undefined) {
          expect(consentRule(under, wanted).denialOf(said, NOW)).toBeUndefined();
        }
      }),
    );
  });
});

describe("a stored state", () => {
  const read = (text: string) => readConsentState(new TextEncoder().encode(text));
  const good: ConsentState = { purposes: ["analytics"], policyVersion: 1, givenAt: 1, receipt: "r" };

  test("is read as it was written", () => {
    expect(read(JSON.stringify(good))).toEqual(good);
  });

  test.each([
    "",
    "null",
    "[]",
    "{",
    "{}",
    JSON.stringify({ ...good, purposes: "analytics" }),
    JSON.stringify({ ...good, purposes: [["analytics"]] }),
    JSON.stringify({ ...good, policyVersion: "1" }),
    JSON.stringify({ ...good, givenAt: null }),
    JSON.stringify({ ...good, receipt: undefined }),
  ])("that cannot be read denies like a withdrawal: %s", (text) => {
    expect(read(text).purposes).toEqual([]);
  });
});
