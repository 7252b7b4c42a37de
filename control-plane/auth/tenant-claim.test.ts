import { expect, test } from "vitest";
import { tenantOf } from "./tenant-claim.ts";

test.each([
  ["the attribute alone", "one", undefined, "one"],
  ["the one organization", undefined, ["one"], "one"],
  ["the one organization, with its id", undefined, { one: { id: "4711" } }, "one"],
  ["both, agreeing", "one", ["one"], "one"],
  ["the attribute among several organizations", "one", ["two", "one"], "one"],
])("the tenant is known by %s", (_, attribute, organization, tenant) => {
  expect(tenantOf(attribute, organization)).toBe(tenant);
});

test.each([
  ["nothing", undefined, undefined],
  ["an empty attribute", "", undefined],
  ["no organization at all", undefined, []],
  ["several organizations", undefined, ["one", "two"]],
  ["an organization that is another's", "one", ["two"]],
  ["an attribute, but no organization where they count", "one", []],
  ["an organization by a bare text", undefined, "one"],
  ["an organization that is none", "one", null],
  ["a list of something else", undefined, [{ one: 1 }]],
])("wrong organization: %s names no tenant", (_, attribute, organization) => {
  expect(tenantOf(attribute, organization)).toBeUndefined();
});
