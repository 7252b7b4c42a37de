import { decode, encodeUser, type User } from "@nats-io/jwt";
import { createUser, fromSeed } from "@nats-io/nkeys";
import type { TenantAccess } from "@o2mc/schema/deployment/deployment.ts";
import type { DataPlaneRole } from "@o2mc/schema/subjects.ts";
import { rolePermissions, type Permissions } from "./permissions.ts";

const UNLIMITED = { subs: -1, data: -1, payload: -1 };

/** A new user of `accountSeed`'s account for one data-plane role. */
export async function issueRoleUser(tenant: string, accountSeed: string, role: DataPlaneRole): Promise<TenantAccess> {
  return { tenant, ...(await issueUser(`${role}@${tenant}`, accountSeed, rolePermissions(role))) };
}

/** True when `access` was signed by this account and allows neither more nor less than the role is meant to have. */
export function isCurrentRoleUser(access: TenantAccess, accountSeed: string, role: DataPlaneRole): boolean {
  const claims = decode<User>(access.jwt);
  const { pub, sub } = rolePermissions(role);
  const same = (left: readonly string[] | undefined, right: readonly string[]): boolean =>
    JSON.stringify(left) === JSON.stringify(right);
  const account = fromSeed(new TextEncoder().encode(accountSeed)).getPublicKey();
  return claims.iss === account && same(claims.nats.pub?.allow, pub.allow) && same(claims.nats.sub?.allow, sub.allow);
}

/** Without `permissions` the user may do everything inside its account. */
export async function issueUser(
  name: string,
  accountSeed: string,
  permissions?: Permissions,
): Promise<{ readonly jwt: string; readonly seed: string }> {
  const user = createUser();
  const account = fromSeed(new TextEncoder().encode(accountSeed));
  const jwt = await encodeUser(name, user, account, { ...UNLIMITED, ...permissions });
  return { jwt, seed: new TextDecoder().decode(user.getSeed()) };
}
