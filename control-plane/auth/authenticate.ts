import type { Orm } from "../db/orm.ts";
import { ApiError } from "../errors/api-error.ts";
import type { Actor } from "./actor.ts";
import { bearerToken } from "./bearer.ts";
import { FailedAttempts } from "@o2mc/runtime/failed-attempts.ts";
import { isMachineToken, machineActor } from "./machine-token.ts";
import { asMember } from "./membership.ts";
import type { OidcVerifier } from "./oidc.ts";
import type { SignOuts } from "./sign-outs.ts";

/** `address`: where it comes from; its failures are counted. */
export type Authenticate = (authorization: unknown, address: string) => Promise<Actor>;

/** Returns the function that turns an `Authorization` value into who is asking; it throws an ApiError when nobody is. */
export function authenticator(
  orm: Orm,
  oidc: OidcVerifier,
  signOuts: SignOuts,
  attempts = new FailedAttempts(),
): Authenticate {
  const personActor = async (token: string): Promise<Actor> => {
    const person = await oidc.actor(token);
    if (signOuts.covers(person)) throw new ApiError("UNAUTHENTICATED");
    return asMember(orm, person);
  };
  return async (authorization, address) => {
    const token = bearerToken(authorization);
    // to send none costs nothing, and guesses nothing
    if (token === null) throw new ApiError("UNAUTHENTICATED");
    refuseAfterFailures(attempts, address);
    try {
      return await (isMachineToken(token) ? machineActor(orm, token) : personActor(token));
    } catch (error) {
      if (error instanceof ApiError && error.code === "UNAUTHENTICATED") attempts.failed(address);
      throw error;
    }
  };
}

/** Throws TOO_MANY_ATTEMPTS while an address has to wait. */
export function refuseAfterFailures(attempts: FailedAttempts, address: string): void {
  const wait = attempts.wait(address);
  if (wait === 0) return;
  throw new ApiError("TOO_MANY_ATTEMPTS", {}, { extensions: { retryAfterSeconds: Math.ceil(wait / 1000) } });
}
