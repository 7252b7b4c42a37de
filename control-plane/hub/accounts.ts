import { encodeAccount } from "@nats-io/jwt";
import { createAccount, fromSeed } from "@nats-io/nkeys";
import type { NatsConnection } from "@nats-io/transport-node";

const GIGABYTE = 1024 ** 3;
const DEFAULT_DISK_BYTES = 10 * GIGABYTE;

/** no imports, exports and leaf nodes: nothing leads from one tenant's account to another's */
const UNLIMITED = {
  subs: -1,
  data: -1,
  payload: -1,
  conn: -1,
  wildcards: true,
  imports: 0,
  exports: 0,
  leaf: 0,
  streams: -1,
  consumer: -1,
};

export interface TenantAccount {
  readonly publicKey: string;
  readonly seed: string;
}

export function newTenantAccount(): TenantAccount {
  const pair = createAccount();
  return { publicKey: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) };
}

/**
 * Tells the servers about a tenant's account: its claims, signed by the operator and pushed over the system account.
 * The same account may be told as often as one likes; a server that has lost its resolver folder learns it again.
 */
export async function ensureTenantAccount(
  system: NatsConnection,
  operatorSeed: string,
  tenant: string,
  account: TenantAccount,
  diskBytes = DEFAULT_DISK_BYTES,
): Promise<void> {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const limits = { ...UNLIMITED, mem_storage: 0, disk_storage: diskBytes };
  const jwt = await encodeAccount(
    tenant,
    fromSeed(bytes(account.seed)),
    { limits },
    { signer: fromSeed(bytes(operatorSeed)) },
  );
  const reply = await system.request("$SYS.REQ.CLAIMS.UPDATE", jwt, { timeout: 5000 });
  const answer = reply.json<{ data?: { code?: number }; error?: { description?: string } }>();
  if (answer.data?.code === 200) return;
  throw new Error(`the hub refused the account of tenant ${tenant}: ${answer.error?.description ?? reply.string()}`);
}
