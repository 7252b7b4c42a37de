import type { Orm } from "../db/orm.ts";
import { ApiError } from "../errors/api-error.ts";
import type { Actor } from "./actor.ts";
import { bearerToken } from "./bearer.ts";
import { isMachineToken, machineActor } from "./machine-token.ts";
import type { OidcVerifier } from "./oidc.ts";

export type Authenticate = (authorization: unknown) => Promise<Actor>;

/** Returns the function that turns an `Authorization` value into who is asking; it throws an ApiError when nobody is. */
export function authenticator(orm: Orm, oidc: OidcVerifier): Authenticate {
  return async (authorization) => {
    const token = bearerToken(authorization);
    if (token === null) throw new ApiError("UNAUTHENTICATED");
    return isMachineToken(token) ? machineActor(orm, token) : oidc.actor(token);
  };
}
