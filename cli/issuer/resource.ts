import type { ResourceServer } from "oidc-provider";
import { AUDIENCE } from "./claims.ts";

/** Resource indicators are URIs; the tokens' `aud` is the plain name. */
export const AUDIENCE_URI = `urn:${AUDIENCE}`;

export const HOUR = 3600;

/** The one resource server: every access token is a JWT for the platform's API, as with Keycloak's audience mapper. */
export const API: ResourceServer = {
  scope: "openid email profile offline_access organization",
  audience: AUDIENCE,
  accessTokenTTL: HOUR,
  accessTokenFormat: "jwt",
  jwt: { sign: { alg: "RS256" } },
};
