import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { DeployedSource } from "@o2mc/schema/deployment/deployment.ts";
import { authorizedKey } from "./authorize.ts";

const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");
const source: DeployedSource = {
  id: "s",
  name: "s",
  kind: "rest",
  writeKeyHashes: ["old", "new"].map(hashOf),
  writeKeyEnds: { [hashOf("old")]: 1_000 },
  origins: [],
  consentMode: "subject",
  grant: { granted: true, purposes: [] },
};
const at = (key: string, now: number): string => {
  try {
    return authorizedKey(source, { authorization: `Bearer ${key}` }, now);
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test("a key that ends is good until that moment, and the newer one goes on", () => {
  expect([at("old", 999), at("old", 1_000), at("old", 2_000)]).toEqual([
    hashOf("old"),
    "write-key-ended",
    "write-key-ended",
  ]);
  expect(at("new", 2_000)).toBe(hashOf("new"));
  expect([at("other", 0), at("", 0)]).toEqual(["unauthorized", "unauthorized"]);
});
