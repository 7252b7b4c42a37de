import { z } from "zod";
import { ApiError } from "../errors/api-error.ts";

const EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** visible ASCII, as OpenID Connect has `sub` */
const Name = z.string().regex(/^[\x21-\x7e]{1,255}$/);

const LogoutClaims = z.object({
  jti: Name,
  iat: z.number(),
  sub: Name.optional(),
  sid: Name.optional(),
  events: z.object({ [EVENT]: z.object({}) }),
  // such a token could be an ID token that was made for somebody's log-in
  nonce: z.undefined().optional(),
});

/** A log-out, as an issuer's logout token tells it: of one session, or of all that a person had when it was said. */
export interface SignOut {
  readonly jti: string;
  readonly of: { readonly sid: string } | { readonly sub: string };
  /** epoch seconds; tokens that were issued until then have ended */
  readonly at: number;
}

/** Reads the claims of a logout token whose signature, issuer, audience and times are good (OIDC Back-Channel Logout 1.0, §2.6). */
export function readLogoutClaims(payload: unknown): SignOut {
  const claims = LogoutClaims.safeParse(payload);
  if (!claims.success) throw new ApiError("LOGOUT_TOKEN_INVALID", {}, { cause: claims.error });
  const { jti, iat, sid, sub } = claims.data;
  if (sid !== undefined) return { jti, of: { sid }, at: iat };
  if (sub !== undefined) return { jti, of: { sub }, at: iat };
  throw new ApiError("LOGOUT_TOKEN_INVALID");
}
