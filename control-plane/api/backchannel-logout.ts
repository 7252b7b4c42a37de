import { urlencoded, type RequestHandler } from "express";
import type { OidcVerifier } from "../auth/oidc.ts";
import type { SignOuts } from "../auth/sign-outs.ts";
import { ApiError } from "../errors/api-error.ts";

const MAX_BODY = "16kb";

/** The issuer tells here that a session has ended (OpenID Connect Back-Channel Logout 1.0): 200 once it has, 400 for a bad token. */
export function backchannelLogout(oidc: OidcVerifier, signOuts: SignOuts): readonly RequestHandler[] {
  return [
    urlencoded({ extended: false, limit: MAX_BODY }),
    async (request, response) => {
      response.set("cache-control", "no-store");
      const { logout_token: token } = (request.body ?? {}) as { readonly logout_token?: unknown };
      if (typeof token !== "string") throw new ApiError("LOGOUT_TOKEN_INVALID");
      await signOuts.add(await oidc.signOut(token));
      response.status(200).end();
    },
  ];
}
