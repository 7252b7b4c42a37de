import Provider, { type AccountClaims, type Configuration } from "oidc-provider";
import type { LogInAttempts } from "./attempts.ts";
import { clients, type Places } from "./clients.ts";
import { claimsOf } from "./claims.ts";
import { addPasswordGrant } from "./password-grant.ts";
import { type Realm, userById } from "./realm.ts";
import { API, AUDIENCE_URI, HOUR } from "./resource.ts";

export const REALM_PATH = "/realms/o2mc";
const OIDC = "/protocol/openid-connect";
const DAY = 24 * HOUR;

interface ProviderOptions {
  readonly realm: Realm;
  /** where it listens */
  readonly origin: string;
  readonly places: Places;
  readonly attempts: LogInAttempts;
}

/** An OpenID provider with Keycloak's routes and claims. */
export function createProvider({ realm, origin, places, attempts }: ProviderOptions): Provider {
  const configuration: Configuration = {
    clients: clients(realm, places),
    responseTypes: ["code"],
    // its own refuses loopback addresses, where our control plane may well be; no address here is a client's to choose
    fetch: (url, init: RequestInit = {}) => {
      delete init.dispatcher;
      return fetch(url, init);
    },
    jwks: { keys: realm.keys },
    cookies: { keys: realm.cookieKeys },
    scopes: ["openid", "offline_access", "email", "profile", "organization"],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
    pkce: { required: () => true },
    // as Keycloak: without offline_access too, for as long as the session
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    routes: {
      authorization: `${OIDC}/auth`,
      token: `${OIDC}/token`,
      jwks: `${OIDC}/certs`,
      end_session: `${OIDC}/logout`,
      introspection: `${OIDC}/token/introspect`,
      revocation: `${OIDC}/revoke`,
      // as the configuration tells; answered by `userinfo.ts` before the provider sees it
      userinfo: `${OIDC}/userinfo`,
    },
    interactions: { url: (_ctx, interaction) => `${REALM_PATH}/login/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE_URI,
        getResourceServerInfo: () => API,
        useGrantedResource: () => true,
      },
    },
    ttl: {
      AccessToken: HOUR,
      ClientCredentials: HOUR,
      IdToken: HOUR,
      RefreshToken: DAY,
      Session: DAY,
      Grant: DAY,
      Interaction: HOUR,
    },
    findAccount: (_ctx, id) => {
      const user = userById(realm, id);
      if (user === undefined) return undefined;
      const { email } = user;
      const claims: AccountClaims = { sub: id, email, email_verified: true, name: email, preferred_username: email };
      return { accountId: id, claims: () => claims };
    },
    // whom the log-in page let in has agreed: these are the platform's own clients
    loadExistingGrant: async (ctx) => {
      const { client, session, provider } = ctx.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(API.scope);
      grant.addResourceScope(AUDIENCE_URI, API.scope);
      await grant.save();
      return grant;
    },
    extraTokenClaims: (_ctx, token) => claimsOf(realm, token),
  };
  const provider = new Provider(`${origin}${REALM_PATH}`, configuration);
  addPasswordGrant(provider, realm, attempts);
  attempts.countFailuresOf(provider);
  return provider;
}
