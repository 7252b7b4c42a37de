import { encodeAccount, type Account, type Export, type Import } from "@nats-io/jwt";
import { createAccount, fromSeed, type KeyPair } from "@nats-io/nkeys";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Grant } from "./grants.ts";

const GIGABYTE = 1024 ** 3;
const DEFAULT_DISK_BYTES = 10 * GIGABYTE;
const MAX_PAYLOAD = 1024 ** 2;

/** Nothing leads out of any account but the imports that are named; no leaf node, no more than a tenant can need. */
const LIMITS = {
  subs: 10_000,
  data: -1,
  payload: MAX_PAYLOAD,
  conn: 256,
  wildcards: true,
  leaf: 0,
  imports: 0,
  exports: 0,
  mem_storage: 0,
};

/** of the account that owns the streams; applications each have a stream, deliveries and partitions a consumer */
const OWNER = { streams: 1_000, consumer: 10_000 };

/** no JetStream of its own */
const GUEST = { disk_storage: 0, streams: 0, consumer: 0 };

export interface TenantAccount {
  readonly publicKey: string;
  readonly seed: string;
}

export function newTenantAccount(): TenantAccount {
  const pair = createAccount();
  return { publicKey: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) };
}

export const keyPair = (seed: string): KeyPair => fromSeed(new TextEncoder().encode(seed));

/** The claims of an account that owns streams and lets `exports` be imported. */
export function ownerClaims(
  exports: readonly Grant[],
  diskBytes = DEFAULT_DISK_BYTES,
  streams = OWNER.streams,
): Partial<Account> {
  const distinct = new Map(exports.map((grant) => [`${grant.kind} ${grant.subject}`, grant]));
  const limits = { ...LIMITS, ...OWNER, streams, exports: -1, disk_storage: diskBytes };
  return { limits, exports: Array.from(distinct.values(), toExport) };
}

/** User's public key (`*` = every user) → users that were issued up to then (seconds) are not let in. */
export type Revocations = Readonly<Record<string, number>>;

/** A time of revocation for who is never let in again. */
export const FOR_EVER = Date.UTC(9999, 0) / 1000;

/** The claims of an account that uses `grants` of `owner`. */
export function guestClaims(owner: string, grants: readonly Grant[], revocations: Revocations = {}): Partial<Account> {
  return {
    limits: { ...LIMITS, ...GUEST, imports: -1 },
    imports: grants.map((grant) => toImport(owner, grant)),
    ...(Object.keys(revocations).length === 0 ? {} : { revocations: { ...revocations } }),
  };
}

function toExport({ kind, subject }: Grant): Export {
  if (kind === "listen") return { name: subject, subject, type: "stream" };
  // a pull and a batch are answered by many messages
  const many = /^\$JS\.API\.(CONSUMER\.MSG\.NEXT\.|DIRECT\.GET\.[^.]+$)/.test(subject);
  return { name: subject, subject, type: "service", response_type: many ? "Stream" : "Singleton" };
}

function toImport(account: string, { kind, subject, local }: Grant): Import {
  return kind === "listen"
    ? { name: subject, subject, account, type: "stream" }
    : { name: subject, subject, account, type: "service", local_subject: local };
}

/** The operator's signature under claims. */
export function signAccount(
  operatorSeed: string,
  name: string,
  account: KeyPair,
  claims: Partial<Account>,
): Promise<string> {
  return encodeAccount(name, account, claims, { signer: keyPair(operatorSeed) });
}

/**
 * Tells the servers about an account: its claims, signed by the operator and pushed over the system account. The same
 * account may be told as often as one likes; a server that has lost its resolver folder learns it again.
 */
export async function pushAccount(system: NatsConnection, name: string, jwt: string): Promise<void> {
  const reply = await system.request("$SYS.REQ.CLAIMS.UPDATE", jwt, { timeout: 5000 });
  const answer = reply.json<{ data?: { code?: number }; error?: { description?: string } }>();
  if (answer.data?.code === 200) return;
  throw new Error(`the hub refused the account ${name}: ${answer.error?.description ?? reply.string()}`);
}
