import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { ApiError } from "../errors/api-error.ts";
import { ROLES, type Role } from "./actions.ts";
import type { Person } from "./actor.ts";

export interface OidcOptions {
  /** as in the tokens' `iss`, such as `https://id.example/realms/o2mc` */
  readonly issuer: string;
  readonly audience: string;
}

const Claims = z.object({
  sub: z.string().min(1),
  exp: z.number(),
  // an access token; an ID token that happens to have our audience is none
  typ: z.literal("Bearer"),
  jti: z.string().optional(),
  email: z.string().optional(),
  o2mc_tenant: z.string().optional(),
  realm_access: z.object({ roles: z.array(z.string()) }).optional(),
});

const Discovery = z.object({ jwks_uri: z.url() });
const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];
const DISCOVERY_TIMEOUT_MS = 5_000;

/** Checks access tokens of one issuer by its published keys, which are looked up at the first token. */
export class OidcVerifier {
  readonly #options: OidcOptions;
  #keys: Promise<JWTVerifyGetKey> | null = null;

  constructor(options: OidcOptions) {
    this.#options = options;
  }

  /** Throws UNAUTHENTICATED, or AUTH_UNAVAILABLE when the issuer cannot be asked. */
  async actor(token: string): Promise<Person> {
    const keys = await this.#issuerKeys();
    const payload = await this.#verify(token, keys);
    const claims = Claims.safeParse(payload);
    if (!claims.success) throw new ApiError("UNAUTHENTICATED", {}, { cause: claims.error });
    const { sub, exp, jti, email, o2mc_tenant: tenant, realm_access: access } = claims.data;
    if (tenant === undefined || tenant === "") throw new ApiError("TENANT_UNKNOWN");
    const roles = (access?.roles ?? []).filter((role): role is Role => (ROLES as readonly string[]).includes(role));
    const bearer = { id: sub, name: email ?? sub, person: sub, tenant, credential: jti ?? null, expiresAt: exp * 1000 };
    return { kind: "person", ...bearer, email: email ?? null, roles };
  }

  async #verify(token: string, keys: JWTVerifyGetKey): Promise<unknown> {
    try {
      const { issuer, audience } = this.#options;
      return (await jwtVerify(token, keys, { issuer, audience, algorithms: ALGORITHMS, clockTolerance: 5 })).payload;
    } catch (error) {
      // jose's own errors speak of the token, except the one for keys that did not come; all others are the network's
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) {
        throw new ApiError("UNAUTHENTICATED", {}, { cause: error });
      }
      throw new ApiError("AUTH_UNAVAILABLE", {}, error instanceof Error ? { cause: error } : {});
    }
  }

  async #issuerKeys(): Promise<JWTVerifyGetKey> {
    this.#keys ??= discoverKeys(this.#options.issuer);
    try {
      return await this.#keys;
    } catch (error) {
      this.#keys = null;
      throw new ApiError("AUTH_UNAVAILABLE", {}, error instanceof Error ? { cause: error } : {});
    }
  }
}

async function discoverKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`the issuer's configuration answered ${response.status}`);
  const { jwks_uri: uri } = Discovery.parse(await response.json());
  return createRemoteJWKSet(new URL(uri));
}
