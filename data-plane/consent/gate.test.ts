import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConsentClaim, ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import type { DeployedLane } from "@o2mc/schema/deployment/deployment.ts";
import { parseClaim } from "./claim.ts";
import { Gate, type CarriedClaim } from "./gate.ts";
import { limitedPurposes, permits } from "./permits.ts";

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
      return one.policyVersion === policy.version && one.purposes.includes(name) && NOW < one.givenAt + days * DAY;
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
          const purposes = limitedPurposes(policy, open[index]?.purposes ?? []) ?? [];
          expect(permits(stored, purposes, policy.version, NOW)).toBe(true);
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

const fresh = { purposes: ["analytics"], policyVersion: 3, givenAt: NOW - DAY };

test.each<[string, CarriedClaim, ConsentState | undefined]>([
  ["no-consent", undefined, undefined],
  ["no-consent", { ...fresh, purposes: [] }, undefined],
  ["malformed-consent", "malformed", { ...fresh, receipt: "r" }],
  ["malformed-consent", { ...fresh, givenAt: NOW + DAY }, undefined],
  ["outdated-policy", { ...fresh, policyVersion: 2 }, undefined],
  ["outdated-policy", fresh, { ...fresh, policyVersion: 2, receipt: "r" }],
  ["unknown-purpose", { ...fresh, purposes: ["analytics", "unheard-of"] }, undefined],
  ["expired", { ...fresh, givenAt: NOW - 30 * DAY }, undefined],
  ["no-lane", { ...fresh, purposes: ["marketing"] }, undefined],
  ["withdrawn", fresh, { ...fresh, purposes: [], receipt: "r" }],
])("denies with %s", (reason, own, stored) => {
  expect(new Gate(policy, [lane("analytics")]).bySubject(own, stored, NOW)).toBe(reason);
});

test("an owner's grant opens its lanes, its revocation closes them, a subject's withdrawal still counts", () => {
  const gate = new Gate(policy, [lane("service"), lane("analytics")]);
  const grant = { granted: true, purposes: ["service"] };
  expect(gate.byOwner(grant, undefined, NOW)).toEqual([0]);
  expect(gate.byOwner({ ...grant, granted: false }, undefined, NOW)).toBe("no-consent");
  expect(gate.byOwner(grant, { ...fresh, purposes: [], receipt: "r" }, NOW)).toBe("withdrawn");
});

describe("a claim", () => {
  const given = "2026-11-24T10:00:00Z";
  test("is read from an object and from the CloudEvents string alike", () => {
    const expected = { purposes: ["analytics", "marketing"], policyVersion: 1, givenAt: Date.parse(given) };
    expect(parseClaim({ purposes: ["analytics", "marketing"], policyVersion: 1, givenAt: given })).toEqual(expected);
    expect(parseClaim(`v=1;given=${given};purposes=analytics+marketing`)).toEqual(expected);
    expect(parseClaim(`purposes=;given=${given};v=1`)).toEqual({ ...expected, purposes: [] });
    expect(parseClaim(undefined)).toBeUndefined();
  });

  test.each([
    true,
    [],
    {},
    "",
    "analytics",
    { purposes: "analytics", policyVersion: 1, givenAt: given },
    { purposes: [1], policyVersion: 1, givenAt: given },
    { purposes: [], policyVersion: "1", givenAt: given },
    { purposes: [], policyVersion: 1, givenAt: 0 },
    `v=1;given=${given}`,
    `v=1;v=1;given=${given};purposes=analytics`,
    `v=1;given=${given};purposes=analytics;more=1`,
  ])("%j is malformed", (value) => {
    expect(parseClaim(value)).toBe("malformed");
  });
});
