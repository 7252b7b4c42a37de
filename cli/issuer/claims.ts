import type { Realm } from "./realm.ts";

export const AUDIENCE = "o2mc-api";

interface TokenSubject {
  readonly kind: string;
  readonly accountId?: string;
  readonly clientId?: string | undefined;
  readonly scope?: string | undefined;
  /** of the session, for this client alone */
  readonly sid?: string | undefined;
}

/** The claims of an access token as Keycloak's mappers make them: for a person, or for a program's service account. */
export function claimsOf(realm: Realm, token: object): Record<string, string | string[] | { roles: string[] }> {
  const { accountId, clientId, scope, sid } = token as TokenSubject;
  const client = clientId === undefined ? {} : { azp: clientId };
  const user = realm.users.find((each) => each.id === accountId);
  if (user !== undefined) {
    const { email, tenant, roles } = user;
    const session = sid === undefined ? {} : { sid };
    const asked = scope?.split(" ").includes("organization") === true;
    const organization = asked ? { organization: user.organizations ?? [tenant] } : {};
    const own = { email, preferred_username: email, o2mc_tenant: tenant, realm_access: { roles } };
    return { typ: "Bearer", ...client, ...session, ...organization, ...own };
  }
  const program = realm.programs.find((each) => each.id === clientId);
  if (program === undefined) return { typ: "Bearer", ...client };
  const name = `service-account-${program.id}`;
  const { tenant, roles } = program;
  return { typ: "Bearer", ...client, preferred_username: name, o2mc_tenant: tenant, realm_access: { roles } };
}
