import { createHash, timingSafeEqual } from "node:crypto";
import type { LogInAttempts } from "./attempts.ts";
import type { Realm, RealmUser } from "./realm.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * The user with this address and password, undefined for everybody else, in the same time; milliseconds to wait where too many
 * passwords were wrong for this address, be it anybody's: the right one is not tried then either.
 */
export function userByPassword(
  realm: Realm,
  attempts: LogInAttempts,
  email: unknown,
  password: unknown,
): RealmUser | number | undefined {
  if (typeof email !== "string" || typeof password !== "string") return undefined;
  const wait = attempts.accountWait(email);
  if (wait > 0) return wait;
  const user = realm.users.find((each) => each.email === email.trim().toLowerCase());
  const right = timingSafeEqual(digest(user?.password ?? ""), digest(password));
  if (right && password !== "" && user?.enabled === true) {
    attempts.accountEntered(email);
    return user;
  }
  attempts.accountFailed(email);
  return undefined;
}
