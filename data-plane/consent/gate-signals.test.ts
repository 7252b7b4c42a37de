import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { LegalBasis, Policy, SignalEffect } from "@o2mc/schema/consent/policy.ts";
import type { Signals, TcfGrants } from "@o2mc/schema/consent/signals.ts";
import { parseClaim } from "./claim.ts";
import { Gate, type EventClaim } from "./gate.ts";
import { signalsOf } from "./signals.ts";

const NOW = Date.UTC(2026, 10, 24);
const NAMES = ["analytics", "marketing", "service"];
const lane = (...purposes: string[]) => ({ id: purposes.join("+"), purposes, partitions: 1, fields: [] });
const LANES = [lane("analytics"), lane("marketing"), lane("service"), lane("analytics", "marketing"), lane(...NAMES)];

/** Purposes 1, 2 and 3 are granted, the vendors 2, 6 and 8; made in 2020. */
const TCF_1_2_3 = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA";

const effect = fc.constantFrom<SignalEffect>("deny", "ignore");
const basis = fc.constantFrom<LegalBasis>("consent", "contract", "legitimate-interests");
const meaning = fc.record({
  gpc: effect,
  dnt: effect,
  tcf: fc.option(
    fc.record({
      purposes: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1 }),
      vendor: fc.option(fc.constantFrom(7, 8)),
    }),
  ),
});
const policies: fc.Arbitrary<Policy> = fc
  .tuple(
    fc.array(basis, { minLength: 3, maxLength: 3 }),
    fc.array(fc.option(meaning, { nil: undefined }), { minLength: 3, maxLength: 3 }),
  )
  .map(([bases, meanings]) => ({
    version: 3,
    purposes: NAMES.map((name, i) => {
      const signals = meanings[i];
      const plain = { name, description: "", legalBasis: bases[i] ?? "consent", lifetimeDays: 30 };
      return signals === undefined ? plain : { ...plain, signals };
    }),
    fields: [],
    levels: [
      { name: "some", purposes: ["service"] },
      { name: "all", purposes: NAMES },
    ],
  }));
/** purpose, vendor or 0, and basis that a string grants */
const grants = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 7, 8), fc.constantFrom("consent", "legitimate-interest")),
  { selector: (one) => one.join(), maxLength: 12 },
);
const tcf: fc.Arbitrary<TcfGrants & { readonly list: readonly (readonly [number, number, string])[] }> = grants.map(
  (list) => ({
    list,
    lastUpdated: 0,
    grants: (purpose, vendor, by) => list.some(([p, v, b]) => p === purpose && v === (vendor ?? 0) && b === by),
  }),
);
const signals = fc.record({ gpc: fc.boolean(), dnt: fc.boolean() });

describe("signals", () => {
  test("deny what the policy says, purpose by purpose, whatever claim and stored consent say; and widen nothing", () => {
    const claimed = fc.record({ purposes: fc.subarray(NAMES, { minLength: 1 }), givenAt: fc.constant(NOW - 1) });
    const stored = fc.option(fc.subarray(NAMES, { minLength: 1 }), { nil: undefined });
    fc.assert(
      fc.property(
        policies,
        claimed,
        fc.option(tcf, { nil: undefined }),
        signals,
        fc.option(signals),
        stored,
        (...all) => {
          const [policy, said, string, own, header, kept] = all;
          const claim: EventClaim = {
            ...said,
            policyVersion: 3,
            signals: string === undefined ? own : { ...own, tcf: string },
          };
          const state: ConsentState | undefined =
            kept === undefined ? undefined : { purposes: kept, policyVersion: 3, givenAt: NOW - 1, receipt: "r" };
          const gate = new Gate(policy, LANES);
          const decision = gate.bySubject(claim, state, NOW, header ?? undefined);
          const entered = typeof decision === "string" ? [] : decision;

          const gpc = own.gpc || header?.gpc === true;
          const dnt = own.dnt || header?.dnt === true;
          const open = (name: string): boolean => {
            if (!said.purposes.includes(name) || (kept !== undefined && !kept.includes(name))) return false;
            const purpose = policy.purposes.find((one) => one.name === name);
            if (purpose === undefined) return false;
            const refusable = purpose.legalBasis !== "contract";
            if (gpc && (purpose.signals === undefined ? refusable : purpose.signals.gpc === "deny")) return false;
            if (dnt && (purpose.signals === undefined ? refusable : purpose.signals.dnt === "deny")) return false;
            const asked = purpose.signals?.tcf;
            if (string === undefined || asked == null) return true;
            for (const number of asked.purposes) {
              const has = (b: string) =>
                string.list.some(([p, v, by]) => p === number && v === (asked.vendor ?? 0) && by === b);
              const interest = purpose.legalBasis === "legitimate-interests" && has("legitimate-interest");
              if (!has("consent") && !interest) return false;
            }
            return true;
          };
          expect(entered).toEqual(LANES.flatMap(({ purposes }, i) => (purposes.every(open) ? [i] : [])));
        },
      ),
      { numRuns: 5000 },
    );
  });

  test("of a machine's request narrow the owner's grant too", () => {
    const policy: Policy = {
      version: 3,
      purposes: [{ name: "analytics", description: "", legalBasis: "legitimate-interests", lifetimeDays: 1 }],
      fields: [],
    };
    const gate = new Gate(policy, [lane("analytics")]);
    const grant = { granted: true, purposes: ["analytics"] };
    expect(gate.byOwner(grant, undefined, NOW)).toEqual([0]);
    expect(gate.byOwner(grant, undefined, NOW, { gpc: true, dnt: false })).toBe("opted-out");
  });

  test("of a browser are read from its headers", () => {
    expect(signalsOf({ "sec-gpc": "1" })).toEqual({ gpc: true, dnt: false });
    expect(signalsOf({ dnt: "1" })).toEqual({ gpc: false, dnt: true });
    expect(signalsOf({ "sec-gpc": "0", dnt: "null" })).toBeUndefined();
  });
});

const tcfPolicy: Policy = {
  version: 3,
  purposes: [
    ["analytics", [1, 3]],
    ["marketing", [1, 4]],
    ["service", null],
  ].map(([name, purposes]) => ({
    name: name as string,
    description: "",
    legalBasis: "consent",
    lifetimeDays: 30,
    signals: {
      gpc: "deny",
      dnt: "ignore",
      tcf: purposes === null ? null : { purposes: purposes as number[], vendor: 8 },
    },
  })),
  fields: [],
  levels: [
    { name: "functional", purposes: ["service"] },
    { name: "measured", purposes: ["service", "analytics"] },
  ],
};
const base = { policyVersion: 3, givenAt: "2026-11-23T23:00:00Z" };
const text = "v=3;given=2026-11-23T23:00:00Z";
const decide = (claim: unknown, sent?: Signals) => {
  const decision = new Gate(tcfPolicy, LANES).bySubject(parseClaim(claim), undefined, NOW, sent);
  return typeof decision === "string" ? decision : decision.map((i) => LANES[i]?.id);
};

describe("a claim", () => {
  test.each<[string, unknown, unknown]>([
    [
      "a TC string alone grants what it is said to mean, and nothing of which it does not speak",
      { ...base, tcf: TCF_1_2_3 },
      ["analytics"],
    ],
    ["a TC string in text", `${text};tcf=${TCF_1_2_3}`, ["analytics"]],
    ["a TC string narrows purposes", { ...base, purposes: NAMES, tcf: TCF_1_2_3 }, ["analytics", "service"]],
    ["GPC against a TC string: the stricter wins", { ...base, tcf: TCF_1_2_3, gpc: true }, "opted-out"],
    ["GPC against purposes, in text", `${text};purposes=analytics;gpc=1`, "opted-out"],
    ["GPC that is off", `${text};purposes=analytics;gpc=0`, ["analytics"]],
    ["DNT that the policy ignores", { ...base, purposes: ["analytics"], dnt: true }, ["analytics"]],
    ["a level", { ...base, level: "measured" }, ["analytics", "service"]],
    ["a level in text", `${text};level=functional`, ["service"]],
    ["a level and GPC", { ...base, level: "measured", gpc: true }, "opted-out"],
    ["no purposes, in spite of a TC string", { ...base, purposes: [], tcf: TCF_1_2_3 }, "no-consent"],
    ["a level that is none", { ...base, level: "constructor" }, "unknown-purpose"],
    ["a level of another policy version", { ...base, level: "measured", policyVersion: 2 }, "outdated-policy"],
    ["an invalid TC string", { ...base, purposes: ["service"], tcf: "COvFyGB" }, "malformed-consent"],
    ["an empty TC string", { ...base, purposes: ["service"], tcf: "" }, "malformed-consent"],
    ["a TC string that is a list", { ...base, purposes: ["service"], tcf: [TCF_1_2_3] }, "malformed-consent"],
    ["an invalid TC string in text", `${text};purposes=service;tcf=x`, "malformed-consent"],
    ["GPC as a word", { ...base, purposes: ["service"], gpc: "1" }, "malformed-consent"],
    ["GPC as another word in text", `${text};purposes=service;gpc=yes`, "malformed-consent"],
    ["purposes and a level", { ...base, purposes: ["service"], level: "measured" }, "malformed-consent"],
    ["a level that is a list", { ...base, level: ["measured"] }, "malformed-consent"],
    ["a level of 100,000 characters", { ...base, level: "x".repeat(100_000) }, "malformed-consent"],
    ["GPC alone", { ...base, gpc: true }, "malformed-consent"],
  ])("of %s", (_, claim, expected) => {
    expect(decide(claim)).toEqual(expected);
  });

  test("is narrowed by the request's own signals", () => {
    expect(decide({ ...base, tcf: TCF_1_2_3 }, { gpc: true, dnt: false })).toBe("opted-out");
  });

  test("with a TC string of the future is malformed", () => {
    const claim = { ...base, givenAt: NOW - 1, purposes: ["service"] };
    const string: TcfGrants = { lastUpdated: NOW + 300_001, grants: () => true };
    const gate = new Gate(tcfPolicy, LANES);
    const at = (lastUpdated: number) =>
      gate.bySubject(
        { ...claim, signals: { gpc: false, dnt: false, tcf: { ...string, lastUpdated } } },
        undefined,
        NOW,
      );
    expect(at(NOW + 300_001)).toBe("malformed-consent");
    expect(at(NOW + 300_000)).toEqual([2]);
  });
});
