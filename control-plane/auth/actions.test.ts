import { expect, test } from "vitest";
import { ACTIONS, isScope, ROLES, type Action, type Role } from "./actions.ts";
import { may, type Actor } from "./actor.ts";

const bearer = { id: "x", name: "x", person: "x", credential: null, expiresAt: 0 };
const person = (role: Role, tenant = "demo"): Actor => ({
  ...bearer,
  kind: "person",
  session: { sid: null, issuedAt: 0 },
  email: null,
  tenant,
  roles: [role],
});
const actions = Object.keys(ACTIONS) as Action[];

const NOT_OWNERS = [
  "policy.publish",
  "consent.write",
  "subject.access",
  "subject.erase",
  "pipeline.approve",
  "tenant.create",
  "tenant.quotas",
];

/** written out a second time on purpose: a change of the table is a decision */
const TABLE: Readonly<Record<Role, readonly string[]>> = {
  owner: actions.filter((action) => !NOT_OWNERS.includes(action)),
  developer: actions.filter(
    (action) =>
      ![
        ...NOT_OWNERS,
        "receipt.read",
        "erasure.read",
        "member.read",
        "member.write",
        "credential.read",
        "credential.revoke",
        "source.grant",
        "application.delete",
        "audit.read",
        "audit.export",
      ].includes(action),
  ),
  "privacy-officer": [
    "application.read",
    "source.read",
    "source.grant",
    "policy.read",
    "policy.publish",
    "receipt.read",
    "consent.write",
    "subject.access",
    "subject.erase",
    "erasure.read",
    "pipeline.read",
    "pipeline.approve",
    "destination.read",
    "audit.read",
    "audit.export",
    "credential.read",
    "credential.revoke",
    "member.read",
  ],
  analyst: ["application.read", "source.read", "policy.read", "pipeline.read", "destination.read", "result.subscribe"],
  operator: [],
};

test.each(ROLES)("what role %s may do", (role) => {
  expect(actions.filter((action) => may(person(role), action))).toEqual(TABLE[role]);
});

test("only the platform's operator creates tenants", () => {
  expect(may(person("operator", "platform"), "tenant.create")).toBe(true);
  expect(may(person("operator", "demo"), "tenant.create")).toBe(false);
});

test("a machine token may do its scopes and never what people answer for", () => {
  const token = (scopes: readonly string[]): Actor => ({ ...bearer, kind: "machine", tenant: "demo", scopes });
  expect(actions.filter((action) => may(token(["result.subscribe"]), action))).toEqual(["result.subscribe"]);
  expect(actions.filter((action) => !isScope(action))).toEqual([
    "source.grant",
    "policy.publish",
    "consent.write",
    "subject.access",
    "subject.erase",
    "pipeline.approve",
    "token.write",
    "credential.revoke",
    "member.write",
    "tenant.create",
    "tenant.quotas",
  ]);
  expect(actions.filter((action) => may(token(actions), action))).toEqual(actions.filter(isScope));
});
