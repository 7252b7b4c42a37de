import { expect, test } from "vitest";
import { consentRule } from "./rule.ts";
import { makeReceipt } from "./receipt.ts";
import { receiptState } from "./receipt-state.ts";
import type { Policy } from "./policy.ts";

const DAY = 86_400_000;
const POLICY: Policy = {
  version: 3,
  purposes: [
    { name: "analytics", description: "", legalBasis: "consent", lifetimeDays: 10 },
    { name: "marketing", description: "", legalBasis: "consent", lifetimeDays: 20 },
  ],
  fields: [],
};

const receipt = (purposes: readonly string[], policyVersion = 3) =>
  makeReceipt(POLICY, {
    id: "r",
    tenant: "t",
    application: "a",
    subjectKey: "k",
    purposes,
    policyVersion,
    at: 0,
    collection: { method: "rest", by: "s", optedOut: [] },
  });

const at = (now: number, newest = true) => ({ now, policyVersion: 3, newest });

test("consent is expired from the moment at which the gate denies its last purpose", () => {
  const both = receipt(["analytics", "marketing"]);
  expect(receiptState(both, at(10 * DAY))).toBe("given");
  expect(receiptState(both, at(20 * DAY - 1))).toBe("given");
  expect(receiptState(both, at(20 * DAY))).toBe("expired");
  const claim = { purposes: ["marketing"], policyVersion: 3, givenAt: 0 };
  expect(consentRule(POLICY, ["marketing"]).denialOf(claim, 20 * DAY - 1)).toBeUndefined();
  expect(consentRule(POLICY, ["marketing"]).denialOf(claim, 20 * DAY)).toBe("expired");
});

test("what came after it, and a raised policy, end it before its time", () => {
  expect(receiptState(receipt([]), at(99 * DAY))).toBe("withdrawn");
  expect(receiptState(receipt(["analytics"]), at(1, false))).toBe("superseded");
  expect(receiptState(receipt(["analytics"], 2), at(1))).toBe("invalidated");
});
