import {
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyResult,
  type ResolvedKey,
} from "jose";
import { z } from "zod";
import { ApiError } from "../errors/api-error.ts";
import { ROLES, type Role } from "./actions.ts";
import type { Person } from "./actor.ts";
import { IssuerSession } from "./issuer-session.ts";
import { KeycloakJudge } from "./keycloak.ts";
import { tenantOf } from "./tenant-claim.ts";

export interface OidcOptions {
  /** as in the tokens' `iss`, such as `https://id.example/realms/o2mc` */
  readonly issuer: string;
  readonly audience: string;
  /** for so long an issuer's word that somebody is still signed in is good */
  readonly recheckMs?: number;
}

interface Issuer {
  readonly keys: JWTVerifyGetKey;
  /** undefined where the issuer has no userinfo endpoint to ask */
  readonly session: IssuerSession | undefined;
}

const Claims = z.object({
  sub: z.string().min(1),
  exp: z.number(),
  // an access token; an ID token that happens to have our audience is none
  typ: z.literal("Bearer"),
  jti: z.string().optional(),
  email: z.string().optional(),
  o2mc_tenant: z.string().optional(),
  organization: z.unknown().optional(),
  realm_access: z.object({ roles: z.array(z.string()) }).optional(),
});

const Discovery = z.object({ jwks_uri: z.url(), userinfo_endpoint: z.url().optional() });
/** what Keycloak signs with by default, and the one that its adapter can check */
const ALGORITHMS = ["RS256"];
const DISCOVERY_TIMEOUT_MS = 5_000;
const RECHECK_MS = 5_000;

/**
 * Checks access tokens of one issuer, Keycloak or the development issuer, by its published keys, which are looked up at the
 * first token, and asks it whether they still count. A token must satisfy both jose (algorithm, keys and their rotation,
 * issuer, audience, times) and Keycloak's own adapter.
 */
export class OidcVerifier {
  readonly #options: OidcOptions;
  readonly #keycloak: KeycloakJudge;
  #found: Promise<Issuer> | null = null;

  constructor(options: OidcOptions) {
    this.#options = options;
    this.#keycloak = new KeycloakJudge(options.issuer, options.audience);
  }

  /** Throws UNAUTHENTICATED, or AUTH_UNAVAILABLE when the issuer cannot be asked. */
  async actor(token: string): Promise<Person> {
    const { keys, session } = await this.#issuer();
    const payload = await this.#verify(token, keys);
    const claims = Claims.safeParse(payload);
    if (!claims.success) throw new ApiError("UNAUTHENTICATED", {}, { cause: claims.error });
    const { sub, exp, jti, email, o2mc_tenant, organization, realm_access: access } = claims.data;
    const tenant = tenantOf(o2mc_tenant, organization);
    if (tenant === undefined) throw new ApiError("TENANT_UNKNOWN");
    if ((await session?.hasEnded(token)) === true) throw new ApiError("UNAUTHENTICATED");
    const roles = (access?.roles ?? []).filter((role): role is Role => (ROLES as readonly string[]).includes(role));
    const bearer = { id: sub, name: email ?? sub, person: sub, tenant, credential: jti ?? null, expiresAt: exp * 1000 };
    return { kind: "person", ...bearer, email: email ?? null, roles };
  }

  async #verify(token: string, keys: JWTVerifyGetKey): Promise<unknown> {
    const { payload, key } = await this.#signed(token, keys);
    try {
      await this.#keycloak.check(token, key);
    } catch (error) {
      throw new ApiError("UNAUTHENTICATED", {}, error instanceof Error ? { cause: error } : {});
    }
    return payload;
  }

  async #signed(token: string, keys: JWTVerifyGetKey): Promise<JWTVerifyResult & ResolvedKey> {
    try {
      const { issuer, audience } = this.#options;
      return await jwtVerify(token, keys, { issuer, audience, algorithms: ALGORITHMS, clockTolerance: 5 });
    } catch (error) {
      // jose's own errors speak of the token, except the one for keys that did not come; all others are the network's
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) {
        throw new ApiError("UNAUTHENTICATED", {}, { cause: error });
      }
      throw new ApiError("AUTH_UNAVAILABLE", {}, error instanceof Error ? { cause: error } : {});
    }
  }

  async #issuer(): Promise<Issuer> {
    this.#found ??= discover(this.#options);
    try {
      return await this.#found;
    } catch (error) {
      this.#found = null;
      throw new ApiError("AUTH_UNAVAILABLE", {}, error instanceof Error ? { cause: error } : {});
    }
  }
}

async function discover({ issuer, recheckMs = RECHECK_MS }: OidcOptions): Promise<Issuer> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`the issuer's configuration answered ${response.status}`);
  const { jwks_uri: uri, userinfo_endpoint: userinfo } = Discovery.parse(await response.json());
  const session = userinfo === undefined ? undefined : new IssuerSession(userinfo, recheckMs);
  return { keys: createRemoteJWKSet(new URL(uri)), session };
}
