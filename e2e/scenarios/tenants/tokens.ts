import { ask } from "../../testkit/api.ts";
import { mintToken } from "../../testkit/mint-token.ts";
import type { Platform } from "../../testkit/platform.ts";

const ROLES = ["owner", "developer", "privacy-officer", "analyst", "operator"] as const;

/** Every right that a tenant can give to one person. */
export const everyRole = (platform: Platform, tenant: string, person = "everybody"): string =>
  mintToken(platform, { tenant, roles: ROLES, person });

/** A token of each role of the tenant, of all roles at once, and a machine token with every scope. */
export async function everyToken(platform: Platform, tenant: string): Promise<ReadonlyMap<string, string>> {
  const all = everyRole(platform, tenant);
  const { me } = await ask<{ me: { actions: readonly string[] } }>(platform.endpoints, all, "{ me { actions } }");
  const peoples = [
    "source.grant",
    "policy.publish",
    "consent.write",
    "subject.access",
    "subject.erase",
    "pipeline.approve",
    "token.write",
    "member.write",
    "credential.revoke",
    "tenant.create",
  ];
  const { createMachineToken } = await ask<{ createMachineToken: { secret: string } }>(
    platform.endpoints,
    all,
    `mutation ($scopes: [String!]!, $expiresAt: DateTime!) {
      createMachineToken(name: "all scopes", scopes: $scopes, expiresAt: $expiresAt) { secret } }`,
    {
      scopes: me.actions.filter((action) => !peoples.includes(action)),
      expiresAt: new Date(Date.now() + 3_600_000),
    },
  );
  return new Map([
    ["all roles", all],
    ...ROLES.map((role) => [role, mintToken(platform, { tenant, roles: [role], person: role })] as const),
    ["a machine", createMachineToken.secret],
  ]);
}
