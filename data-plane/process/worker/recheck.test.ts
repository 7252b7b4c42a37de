import { expect, test } from "vitest";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { DeployedSource, Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { createRecheck } from "./recheck.ts";

const NOW = Date.UTC(2026, 10, 24);
const DAY = 86_400_000;

const source = (
  id: string,
  consentMode: "subject" | "owner",
  granted = true,
  purposes = ["analytics"],
): DeployedSource => ({
  id,
  name: id,
  kind: "rest",
  writeKeyHashes: [],
  origins: [],
  consentMode,
  grant: { granted, purposes },
});

const deployed = (version: number, ...sources: DeployedSource[]): Deployment => ({
  formatVersion: 1,
  tenant: "t",
  application: "app",
  revision: version,
  policy: {
    version,
    purposes: [{ name: "analytics", description: "", legalBasis: "consent", lifetimeDays: 30 }],
    fields: [],
  },
  sources,
  lanes: [{ id: "analytics", purposes: ["analytics"], partitions: 1, fields: [] }],
  pipelines: [],
  deliveries: [],
  subjectSalt: "",
});

const states: Readonly<Record<string, ConsentState>> = {
  granted: { purposes: ["analytics"], policyVersion: 1, givenAt: NOW - DAY, receipt: "r" },
  withdrawn: { purposes: [], policyVersion: 1, givenAt: NOW, receipt: "r" },
};

function recheckOf(deployment: () => Deployment, lane = "analytics") {
  const get = (_: string, subjectKey: string) => states[subjectKey];
  return createRecheck({ states: { get }, deployment, lane, now: () => NOW });
}

test("what the gate let in is still used while nothing has changed", () => {
  const recheck = recheckOf(() => deployed(1, source("s", "subject"), source("o", "owner")));
  for (const subject of ["granted", "nothing stored"]) {
    for (const from of ["s", "o", undefined]) expect(recheck(subject, from, 1)).toBeUndefined();
  }
});

test("a withdrawal, a source that is gone and a lane that is gone deny", () => {
  const deployment = () => deployed(1, source("s", "subject"));
  expect(recheckOf(deployment)("withdrawn", "s", 1)).toBe("withdrawn");
  expect(recheckOf(deployment)("granted", "gone", 1)).toBe("unknown-source");
  expect(recheckOf(deployment, "gone")("granted", "s", 1)).toBe("no-lane");
});

// defect: a revoked source of subjects' own consent went on being processed, while the edge answered it 403 already
test.each(["subject", "owner"] as const)(
  "a revoked grant denies events in flight, whose consent is the %s's",
  (mode) => {
    let current = deployed(1, source("s", mode));
    const recheck = recheckOf(() => current);
    expect(recheck("granted", "s", 1)).toBeUndefined();
    current = deployed(1, source("s", mode, false));
    expect(recheck("granted", "s", 1)).toBe("grant-revoked");
  },
);

test("an owner's grant that no longer covers the lane denies", () => {
  expect(recheckOf(() => deployed(1, source("o", "owner", true, [])))("granted", "o", 1)).toBe("grant-revoked");
});

test("a raised policy version denies at once what is stored under the older one", () => {
  let current = deployed(1, source("s", "subject"));
  const recheck = recheckOf(() => current);
  expect(recheck("granted", "s", 1)).toBeUndefined();
  current = deployed(2, source("s", "subject"));
  expect(recheck("granted", "s", 1)).toBe("outdated-policy");
});

// defect: an event that its own claim had let in was still used after the policy was raised
test("a raised policy version denies events in flight that only their own claim let in", () => {
  const recheck = recheckOf(() => deployed(2, source("s", "subject"), source("o", "owner")));
  expect(recheck("nothing stored", "s", 1)).toBe("outdated-policy");
  expect(recheck("nothing stored", "s", 2)).toBeUndefined();
  expect(recheck("nothing stored", "o", 1)).toBeUndefined();
});

test("a raised policy version denies result rows whose consent was only ever claimed, and no row of an owner", () => {
  const recheck = recheckOf(() => deployed(2, source("s", "subject")));
  expect(recheck("nothing stored", undefined, 1)).toBe("outdated-policy");
  expect(recheck("nothing stored", undefined, 2)).toBeUndefined();
  expect(recheck("nothing stored", undefined, 0)).toBeUndefined();
});
