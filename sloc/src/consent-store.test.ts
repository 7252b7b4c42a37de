import { expect, test } from "vitest";
import { parseConsent } from "./consent-store.ts";

const whole = { subject: "s", purposes: ["analytics"], policyVersion: 1, givenAt: "2026-11-24T10:00:00Z" };

test("a whole consent is read; anything else is none", () => {
  expect(parseConsent(JSON.stringify(whole))).toEqual(whole);
  const damaged = [
    null,
    "",
    "{",
    "null",
    "1",
    "[]",
    JSON.stringify({ ...whole, purposes: [] }),
    JSON.stringify({ ...whole, purposes: "analytics" }),
    JSON.stringify({ ...whole, subject: 1 }),
    JSON.stringify({ ...whole, policyVersion: "1" }),
    JSON.stringify({ ...whole, givenAt: undefined }),
  ];
  for (const text of damaged) expect(parseConsent(text)).toBeUndefined();
});
