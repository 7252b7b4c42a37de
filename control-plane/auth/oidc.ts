import {
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  type ResolvedKey,
} from "jose";
import { z } from "zod";
import { ApiError } from "../errors/api-error.ts";
import { ROLES, type Role } from "./actions.ts";
import type { Person } from "./actor.ts";
import { IssuerSession } from "./issuer-session.ts";
import { KeycloakJudge } from "./keycloak.ts";
import { readLogoutClaims, type SignOut } from "./logout-token.ts";
import { tenantOf } from "./tenant-claim.ts";

export interface OidcOptions {
  /** as in the tokens' `iss`, such as `https://id.example/realms/o2mc` */
  readonly issuer: string;
  readonly audience: string;
  /** ids of the clients whose sign-outs the issuer tells us */
  readonly clients: readonly string[];
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
  // without one it is from before any sign-out
  iat: z.number().default(0),
  sid: z.string().optional(),
  email: z.string().optional(),
  o2mc_tenant: z.string().optional(),
  organization: z.unknown().optional(),
  realm_access: z.object({ roles: z.array(z.string()) }).optional(),
});

const Discovery = z.object({ jwks_uri: z.url(), userinfo_endpoint: z.url().optional() });
/** what Keycloak signs with by default, and all that its adapter can check */
const JUDGED_TWICE = "RS256";
/** no secret shared with the issuer signs a token (HS256), and nothing stays unsigned */
const ALGORITHMS = [JUDGED_TWICE, "PS256", "ES256", "EdDSA"];
const DISCOVERY_TIMEOUT_MS = 5_000;
const RECHECK_MS = 5_000;
/** for a message from server to server */
const MAX_LOGOUT_AGE_S = 600;

/**
 * Checks access tokens of one issuer, Keycloak or the development issuer, by its published keys, which are looked up at the
 * first token, and asks it whether they still count. A token must satisfy jose (algorithm, keys and their rotation, issuer,
 * audience, times) and, signed by RS256, Keycloak's own adapter too.
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
    const { sub, exp, iat, jti, sid, email, o2mc_tenant, organization, realm_access: access } = claims.data;
    const tenant = tenantOf(o2mc_tenant, organization);
    if (tenant === undefined) throw new ApiError("TENANT_UNKNOWN");
    if ((await session?.hasEnded(token)) === true) throw new ApiError("UNAUTHENTICATED");
    const roles = (access?.roles ?? []).filter((role): role is Role => (ROLES as readonly string[]).includes(role));
    const bearer = { id: sub, name: email ?? sub, person: sub, tenant, credential: jti ?? null, expiresAt: exp * 1000 };
    return { kind: "person", ...bearer, email: email ?? null, roles, session: { sid: sid ?? null, issuedAt: iat } };
  }

  /** What a logout token says. Throws LOGOUT_TOKEN_INVALID, or AUTH_UNAVAILABLE when the issuer cannot be asked. */
  async signOut(token: string): Promise<SignOut> {
    const { keys } = await this.#issuer();
    const audience = [...this.#options.clients];
    const { payload } = await this.#signed(token, keys, "LOGOUT_TOKEN_INVALID", {
      audience,
      requiredClaims: ["iat", "exp"],
      maxTokenAge: MAX_LOGOUT_AGE_S,
    });
    return readLogoutClaims(payload);
  }

  async #verify(token: string, keys: JWTVerifyGetKey): Promise<unknown> {
    const { payload, key, protectedHeader } = await this.#signed(token, keys, "UNAUTHENTICATED", {
      audience: this.#options.audience,
    });
    if (protectedHeader.alg !== JUDGED_TWICE) return payload;
    try {
      await this.#keycloak.check(token, key);
    } catch (error) {
      throw new ApiError("UNAUTHENTICATED", {}, error instanceof Error ? { cause: error } : {});
    }
    return payload;
  }

  async #signed(
    token: string,
    keys: JWTVerifyGetKey,
    refusal: "UNAUTHENTICATED" | "LOGOUT_TOKEN_INVALID",
    demands: Pick<JWTVerifyOptions, "audience" | "requiredClaims" | "maxTokenAge">,
  ): Promise<JWTVerifyResult & ResolvedKey> {
    try {
      const { issuer } = this.#options;
      return await jwtVerify(token, keys, { ...demands, issuer, algorithms: ALGORITHMS, clockTolerance: 5 });
    } catch (error) {
      // jose's own errors speak of the token, except the one for keys that did not come; all others are the network's
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) {
        throw new ApiError(refusal, {}, { cause: error });
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
