import { encodeUser } from "@nats-io/jwt";
import { createUser, type KeyPair } from "@nats-io/nkeys";
import type { Permissions } from "./grants.ts";

const UNLIMITED = { subs: -1, data: -1, payload: -1 };

/** Only the protocol's own port; no MQTT, no WebSocket, no leaf node. */
const CONNECTION_TYPES = ["STANDARD"] as const;

export interface IssuedUser {
  readonly jwt: string;
  readonly seed: string;
}

/** A new user of `account`, or `key` with a new JWT. Without `permissions` it may do everything there, without `expires` (seconds) for ever. */
export async function issueUser(
  name: string,
  account: KeyPair,
  options: { readonly permissions?: Permissions; readonly expires?: number; readonly key?: KeyPair } = {},
): Promise<IssuedUser> {
  const user = options.key ?? createUser();
  const claims = { ...UNLIMITED, ...options.permissions, allowed_connection_types: [...CONNECTION_TYPES] };
  const exp = options.expires === undefined ? {} : { exp: options.expires };
  const jwt = await encodeUser(name, user, account, claims, exp);
  return { jwt, seed: new TextDecoder().decode(user.getSeed()) };
}
