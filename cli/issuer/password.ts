import { createHash, timingSafeEqual } from "node:crypto";
import type { Realm, RealmUser } from "./realm.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The user with this address and password; undefined for everybody else, in the same time. */
export function userByPassword(realm: Realm, email: unknown, password: unknown): RealmUser | undefined {
  if (typeof email !== "string" || typeof password !== "string") return undefined;
  const user = realm.users.find((each) => each.email === email.trim().toLowerCase());
  const right = timingSafeEqual(digest(user?.password ?? ""), digest(password));
  return right && password !== "" && user?.enabled === true ? user : undefined;
}
