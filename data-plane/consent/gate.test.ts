import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConsentClaim, ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import { consentRule } from "@o2mc/schema/consent/rule.ts";
import type { DeployedLane } from "@o2mc/schema/deployment/deployment.ts";
import { parseClaim } from "./claim.ts";
import { Gate, type CarriedClaim } from "./gate.ts";

const NOW = Date.UTC(2026, 10, 24);
const DAY = 86_400_000;
const NAMES = ["analytics", "marketing", "service"];

const policy: Policy = {
  version: 3,
  purposes: NAMES.map((name, i) => ({
    name,
    description: "",
    legalBasis: "consent",
    lifetimeDays: [30, 10, 365][i] ?? 1,
  })),
  fields: [],
};
const lane = (...purposes: string[]): DeployedLane => ({ id: purposes.join("+"), purposes, partitions: 1, fields: [] });

const names = fc.uniqueArray(fc.constantFrom(...NAMES, "unheard-of"), { maxLength: 4 });
const claim: fc.Arbitrary<ConsentClaim> = fc.record({
  purposes: names,
  policyVersion: fc.constantFrom(2, 3, 3, 3, 4),
  givenAt: fc.integer({ min: -400, max: 1 }).map((days) => NOW + days * DAY),
});
const state: fc.Arbitrary<ConsentState> = claim.map((value) => ({ ...value, receipt: "r" }));
const lanes = fc.array(names, { maxLength: 5 }).map((sets) => sets.map((set) => lane(...set)));

/** The rule said slowly: a lane is open when each of its purposes is known and granted by all who have a say. */
function slowly(own: CarriedClaim, stored: ConsentState | undefined, open: readonly DeployedLane[]): string[] {
  if (own === "malformed") return [];
  const says = [own ?? stored, stored].filter((one) => one !== undefined);
  if (says.length === 0) return [];
  const first = says[0];
  if (first === undefined || first.givenAt > NOW + 300_000 || first.purposes.some((p) => !NAMES.includes(p))) return [];
  const granted = NAMES.filter((name) =>
    says.every((one) => {
      const days = policy.purposes.find((purpose) => purpose.name === name)?.lifetimeDays ?? 0;
      const believed = one.givenAt <= NOW + 300_000;
      return (
        believed &&
        one.policyVersion === policy.version &&
        one.purposes.includes(name) &&
        NOW < one.givenAt + days * DAY
      );
    }),
  );
  return open
    .filter(({ purposes }) => purposes.length > 0 && purposes.every((p) => granted.includes(p)))
    .map((l) => l.id);
}

const entered = (decision: ReturnType<Gate["bySubject"]>, open: readonly DeployedLane[]): string[] =>
  typeof decision === "string" ? [] : decision.map((index) => open[index]?.id ?? "?");

describe("the gate", () => {
  test("lets into the lanes that the slow rule lets into, for every claim and stored state", () => {
    const carried = fc.oneof({ weight: 8, arbitrary: claim }, fc.constantFrom("malformed" as const, undefined));
    fc.assert(
      fc.property(carried, fc.option(state, { nil: undefined }), lanes, (own, stored, open) => {
        const decision = new Gate(policy, open).bySubject(own, stored, NOW);
        expect(entered(decision, open)).toEqual(slowly(own, stored, open));
      }),
      { numRuns: 5000 },
    );
  });

  test("opens no lane that process and deliver, asking the stored state again, would close", () => {
    fc.assert(
      fc.property(claim, state, lanes, names, (own, stored, open, owner) => {
        const gate = new Gate(policy, open);
        const decisions = [
          gate.bySubject(own, stored, NOW),
          gate.byOwner({ granted: true, purposes: owner }, stored, NOW),
        ];
        for (const index of decisions.flatMap((decision) => (typeof decision === "string" ? [] : decision))) {
          expect(consentRule(policy, open[index]?.purposes ?? []).recheck(stored, NOW)).toBeUndefined();
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("a stored state never widens: removing it loses no lane of an event with a claim of its own", () => {
    fc.assert(
      fc.property(claim, state, lanes, (own, stored, open) => {
        const gate = new Gate(policy, open);
        const alone = entered(gate.bySubject(own, undefined, NOW), open);
        for (const id of entered(gate.bySubject(own, stored, NOW), open)) expect(alone).toContain(id);
      }),
    );
  });
});

const YEAR = 365.25 * DAY;
const fresh = { purposes: ["analytics"], policyVersion: 3, givenAt: NOW - DAY };
const kept = { ...fresh, receipt: "r" };
const given = "2026-11-23T00:00:00Z";
const claimed = { purposes: ["analytics"], policyVersion: 3, givenAt: given };

test.each<[string, CarriedClaim, ConsentState | undefined]>([
  ["no-consent", undefined, undefined],
  ["no-consent", { ...fresh, purposes: [] }, undefined],
  ["no-consent", { ...fresh, purposes: [] }, kept],
  ["malformed-consent", "malformed", kept],
  ["malformed-consent", { ...fresh, givenAt: NOW + DAY }, undefined],
  ["malformed-consent", { ...fresh, givenAt: NOW + 10 * YEAR }, undefined],
  ["malformed-consent", { ...fresh, givenAt: NOW + 300_001 }, kept],
  ["malformed-consent", fresh, { ...kept, givenAt: NOW + 10 * YEAR }],
  ["outdated-policy", { ...fresh, policyVersion: 2 }, undefined],
  ["outdated-policy", { ...fresh, policyVersion: 4 }, undefined],
  ["outdated-policy", fresh, { ...kept, policyVersion: 2 }],
  ["unknown-purpose", { ...fresh, purposes: ["analytics", "unheard-of"] }, undefined],
  ["unknown-purpose", { ...fresh, purposes: ["constructor"] }, undefined],
  ["unknown-purpose", { ...fresh, purposes: ["analytics".repeat(100_000)] }, undefined],
  ["expired", { ...fresh, givenAt: NOW - 30 * DAY }, undefined],
  ["expired", { ...fresh, givenAt: NOW - 10 * YEAR }, undefined],
  ["expired", fresh, { ...kept, givenAt: NOW - 30 * DAY }],
  ["no-lane", { ...fresh, purposes: ["marketing"] }, undefined],
  ["withdrawn", fresh, { ...kept, purposes: [] }],
  ["withdrawn", undefined, { ...kept, purposes: [] }],
])("denies with %s", (reason, own, stored) => {
  expect(new Gate(policy, [lane("analytics")]).bySubject(own, stored, NOW)).toBe(reason);
});

test("consent of a moment ago counts although the subject's clock is a little ahead", () => {
  const ahead = { ...fresh, givenAt: NOW + 300_000 };
  expect(new Gate(policy, [lane("analytics")]).bySubject(ahead, kept, NOW)).toEqual([0]);
});

test("a claim of more than is stored opens no more than is stored", () => {
  const gate = new Gate(policy, [lane("analytics"), lane("marketing"), lane("analytics", "marketing")]);
  const more = { ...fresh, purposes: ["analytics", "marketing"] };
  expect(gate.bySubject(more, kept, NOW)).toEqual([0]);
  expect(gate.bySubject(fresh, { ...kept, purposes: ["analytics", "marketing"] }, NOW)).toEqual([0]);
});

test("an owner's grant opens its lanes, its revocation closes them, a subject's withdrawal still counts", () => {
  const gate = new Gate(policy, [lane("service"), lane("analytics")]);
  const grant = { granted: true, purposes: ["service"] };
  expect(gate.byOwner(grant, undefined, NOW)).toEqual([0]);
  expect(gate.byOwner({ ...grant, granted: false }, undefined, NOW)).toBe("no-consent");
  expect(gate.byOwner(grant, { ...kept, purposes: [] }, NOW)).toBe("withdrawn");
});

describe("a claim", () => {
  test("is read from an object and from the CloudEvents string alike", () => {
    const expected = { purposes: ["analytics", "marketing"], policyVersion: 1, givenAt: Date.parse(given) };
    expect(parseClaim({ purposes: ["analytics", "marketing"], policyVersion: 1, givenAt: given })).toEqual(expected);
    expect(parseClaim(`v=1;given=${given};purposes=analytics+marketing`)).toEqual(expected);
    expect(parseClaim(`purposes=;given=${given};v=1`)).toEqual({ ...expected, purposes: [] });
    expect(parseClaim(undefined)).toBeUndefined();
  });

  test.each([
    ["a boolean", true],
    ["a number", 3],
    ["an array", [claimed]],
    ["an empty object", {}],
    ["an empty string", ""],
    ["a purpose's name", "analytics"],
    ["purposes as text", { ...claimed, purposes: "analytics" }],
    ["purposes as an object", { ...claimed, purposes: { 0: "analytics", length: 1 } }],
    ["a purpose that is a number", { ...claimed, purposes: [1] }],
    ["a purpose that is a list", { ...claimed, purposes: [["analytics"]] }],
    ["a purpose named twice", { ...claimed, purposes: ["analytics", "analytics"] }],
    ["100,000 purposes", { ...claimed, purposes: Array.from({ length: 100_000 }, (_, i) => `p${i}`) }],
    ["no policy version", { ...claimed, policyVersion: undefined }],
    ["a policy version as text", { ...claimed, policyVersion: "3" }],
    ["policy version -1", { ...claimed, policyVersion: -1 }],
    ["policy version 0", { ...claimed, policyVersion: 0 }],
    ["policy version 1.5", { ...claimed, policyVersion: 1.5 }],
    ["policy version NaN", { ...claimed, policyVersion: NaN }],
    ["policy version 2^53", { ...claimed, policyVersion: 2 ** 53 }],
    ["no time", { ...claimed, givenAt: undefined }],
    ["a time as a number", { ...claimed, givenAt: NOW }],
    ["a time without a zone", { ...claimed, givenAt: "2026-11-23T00:00:00" }],
    ["text without purposes", `v=3;given=${given}`],
    ["text with a part twice", `v=3;v=3;given=${given};purposes=analytics`],
    ["text with one part more", `v=3;given=${given};purposes=analytics;more=1`],
    ["text with a purpose twice", `v=3;given=${given};purposes=analytics+analytics`],
    ["text with version -1", `v=-1;given=${given};purposes=analytics`],
    ["text with version 1.5", `v=1.5;given=${given};purposes=analytics`],
    ["text with version NaN", `v=NaN;given=${given};purposes=analytics`],
    [
      "text with 100,000 purposes",
      `v=3;given=${given};purposes=${Array.from({ length: 100_000 }, (_, i) => i).join("+")}`,
    ],
  ])("of %s is a denial with a reason", (_, value) => {
    const gate = new Gate(policy, [lane("analytics")]);
    expect(gate.bySubject(parseClaim(claimed), kept, NOW)).toEqual([0]);
    expect(gate.bySubject(parseClaim(value), kept, NOW)).toBe("malformed-consent");
  });
});

describe("the lane of receipts", () => {
  const proof = (legalBasis: "legal-obligation" | "consent"): Policy => ({
    ...policy,
    purposes: [...policy.purposes, { name: "proof", description: "", legalBasis, lifetimeDays: 365 }],
    receiptsPurpose: "proof",
  });
  const open = [lane("analytics"), lane("proof"), lane("analytics", "proof")];
  const all = { purposes: ["analytics", "proof"], policyVersion: 3, givenAt: NOW };

  test("is entered by receipts alone, and they enter no other", () => {
    const gate = new Gate(proof("legal-obligation"), open);
    expect(gate.ofReceipts()).toEqual([1]);
    expect(gate.bySubject(all, undefined, NOW)).toEqual([0]);
    expect(gate.byOwner({ granted: true, purposes: all.purposes }, undefined, NOW)).toEqual([0]);
  });

  test("is closed to all while the policy names no legal obligation", () => {
    expect(new Gate(proof("consent"), open).ofReceipts()).toEqual([]);
    expect(new Gate(policy, open).ofReceipts()).toEqual([]);
    expect(new Gate({ ...policy, receiptsPurpose: "" }, [lane()]).ofReceipts()).toEqual([]);
  });
});
