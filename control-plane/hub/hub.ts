import { decode, type Account } from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
import type { NatsConnection } from "@nats-io/transport-node";
import { removeKey } from "@o2mc/runtime/bucket.ts";
import { connectWithCreds } from "@o2mc/runtime/nats.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { BUCKETS, bucketStream, bucketSubject, laneAccessKey, token } from "@o2mc/schema/subjects.ts";
import { guestClaims, keyPair, ownerClaims, pushAccount, signAccount, type TenantAccount } from "./accounts.ts";
import { connectTenant, type TenantConnection } from "./connection.ts";
import { derive, deriveAccount } from "./derive-account.ts";
import { Directory, type Guest, type IssuedCredential } from "./directory.ts";
import { laneGrants, ROLE_GRANTS, TENANT_EXPORTS, type Grant } from "./grants.ts";
import { ensureStreams } from "./streams.ts";

export interface HubOptions {
  readonly url: string;
  readonly operatorSeed: string;
  /** path of the system account user's creds file */
  readonly systemCreds: string;
  /** path of the creds file of the control plane's user in the platform account */
  readonly platformCreds: string;
  /** seconds that a data-plane user is good for; it is renewed at half time. decisions/0003 says why a day */
  readonly credentialSeconds?: number;
}

const DAY_SECONDS = 24 * 3600;

/** Administration of the hub, and one connection into each tenant's account, made when it is first needed. */
export class Hub {
  readonly #options: HubOptions;
  readonly #system: NatsConnection;
  readonly #platform: NatsConnection;
  readonly #directory: Directory;
  readonly #tenants = new Map<string, Promise<TenantConnection>>();
  /** tenant → directory key → when its user is renewed (ms) */
  readonly #renewals = new Map<string, Map<string, number>>();

  private constructor(options: HubOptions, system: NatsConnection, platform: NatsConnection, directory: Directory) {
    this.#options = options;
    this.#system = system;
    this.#platform = platform;
    this.#directory = directory;
  }

  static async connect(options: HubOptions): Promise<Hub> {
    const { url, credentialSeconds = DAY_SECONDS } = options;
    const name = "control-plane";
    const system = await connectWithCreds({ url, name, credsFile: options.systemCreds });
    const platform = await connectWithCreds({ url, name, credsFile: options.platformCreds });
    return new Hub(options, system, platform, await Directory.open(platform, credentialSeconds));
  }

  /** Accounts, streams, buckets and the users of edge and deliver; resolves with the connection. Repeating it does no harm. */
  async ensureTenant(tenant: string, account: TenantAccount): Promise<TenantConnection> {
    const owner = keyPair(account.seed);
    await this.#ensureAccount(tenant, owner, ownerClaims(TENANT_EXPORTS));
    const connection = await this.tenant(tenant, account.seed);
    await ensureStreams(connection.jsm);
    for (const role of ["edge", "deliver"] as const) {
      await this.#admit(account, roleGuest(account, tenant, role), ROLE_GRANTS[role]);
    }
    return connection;
  }

  /** Each lane of a deployment has its account with its names in it, and process a user there. */
  async openLanes(account: TenantAccount, deployment: Deployment): Promise<void> {
    const { tenant, application } = deployment;
    for (const lane of deployment.lanes) {
      await this.#admit(account, laneGuest(account, tenant, application, lane.id), laneGrants(deployment, lane));
    }
  }

  /** Lanes that the application no longer has: nobody gets in any more, and whoever is in is put out. */
  async closeLanes(
    account: TenantAccount,
    { tenant, application, lanes }: Pick<Deployment, "tenant" | "application" | "lanes">,
  ): Promise<void> {
    const { nc, jsm } = await this.tenant(tenant, account.seed);
    const prefix = bucketSubject(BUCKETS.lanes, `${token(application)}.`);
    const { state } = await jsm.streams.info(bucketStream(BUCKETS.lanes), { subjects_filter: `${prefix}>` });
    for (const subject of Object.keys(state.subjects ?? {})) {
      const id = subject.slice(prefix.length);
      if (lanes.some((lane) => lane.id === id)) continue;
      const guest = laneGuest(account, tenant, application, id);
      if (!(await this.#directory.remove(guest))) continue;
      await this.#shut(account, guest, []);
      this.#renewals.get(tenant)?.delete(guestName(guest));
      await removeKey(nc, BUCKETS.lanes, `${token(application)}.${id}`);
    }
  }

  /** Every user that a role, or a lane of process, has now is put out at once; the data plane comes back with a new one. */
  async revoke(tenant: string, account: TenantAccount, who: "edge" | "deliver"): Promise<void>;
  async revoke(tenant: string, account: TenantAccount, who: "process", deployment: Deployment): Promise<void>;
  async revoke(
    tenant: string,
    account: TenantAccount,
    who: "edge" | "process" | "deliver",
    deployment?: Deployment,
  ): Promise<void> {
    const guests: [Guest, readonly Grant[]][] = [];
    if (who !== "process") {
      guests.push([roleGuest(account, tenant, who), ROLE_GRANTS[who]]);
    } else if (deployment !== undefined) {
      for (const lane of deployment.lanes) {
        const guest = laneGuest(account, tenant, deployment.application, lane.id);
        guests.push([guest, laneGrants(deployment, lane)]);
      }
    }
    for (const [guest, grants] of guests) await this.#shut(account, guest, grants);
    // users count whose second of issue is after the revocation's
    await new Promise((later) => setTimeout(later, 1100));
    for (const [guest, grants] of guests) await this.#admit(account, guest, grants);
  }

  credentials(tenant: string): Promise<readonly IssuedCredential[]> {
    return this.#directory.issued(tenant);
  }

  /** When the next user of the tenant has to be renewed (ms); undefined = nothing is known of it. */
  renewsAt(tenant: string): number | undefined {
    const renewals = this.#renewals.get(tenant);
    return renewals === undefined ? undefined : Math.min(...renewals.values());
  }

  /** The connection into the account of a tenant that `ensureTenant` has made, now or in an earlier life. */
  tenant(tenant: string, accountSeed: string): Promise<TenantConnection> {
    let connection = this.#tenants.get(tenant);
    if (connection === undefined) {
      connection = connectTenant(this.#options.url, tenant, accountSeed);
      this.#tenants.set(tenant, connection);
      connection.catch(() => this.#tenants.delete(tenant));
    }
    return connection;
  }

  async close(): Promise<void> {
    const tenants = await Promise.allSettled(this.#tenants.values());
    const connections = tenants.flatMap((tenant) => (tenant.status === "fulfilled" ? [tenant.value.nc] : []));
    await Promise.allSettled([...connections, this.#system, this.#platform].map((nc) => nc.close()));
  }

  /** The account first: who connects finds what it is granted. */
  async #admit(owner: TenantAccount, guest: Guest, grants: readonly Grant[]): Promise<void> {
    const revokedAt = await this.#directory.revokedAt(guest);
    await this.#ensureAccount(
      guestName(guest),
      guest.account,
      guestClaims(owner.publicKey, grants, revokedAt === 0 ? undefined : revokedAt),
    );
    const { tenant } = guest.access;
    const renewals = this.#renewals.get(tenant) ?? new Map<string, number>();
    this.#renewals.set(tenant, renewals);
    renewals.set(guestName(guest), await this.#directory.admit(guest));
  }

  async #shut(owner: TenantAccount, guest: Guest, grants: readonly Grant[]): Promise<void> {
    const revokedAt = await this.#directory.revoke(guest);
    await this.#ensureAccount(guestName(guest), guest.account, guestClaims(owner.publicKey, grants, revokedAt));
  }

  /** Told only when it is news: an account whose imports are made anew forgets which answers are under way. */
  async #ensureAccount(name: string, account: KeyPair, claims: Partial<Account>): Promise<void> {
    const jwt = await signAccount(this.#options.operatorSeed, name, account, claims);
    const known = await this.#lookUp(account.getPublicKey());
    if (known !== undefined && sameClaims(known, jwt)) return;
    await pushAccount(this.#system, name, jwt);
  }

  async #lookUp(publicKey: string): Promise<string | undefined> {
    const subject = `$SYS.REQ.ACCOUNT.${publicKey}.CLAIMS.LOOKUP`;
    const answer = await this.#system.request(subject, "", { timeout: 2000 }).catch(() => undefined);
    const jwt = answer?.string() ?? "";
    return jwt.split(".").length === 3 ? jwt : undefined;
  }
}

const guestName = ({ role, key }: Guest): string => `${role}.${key}`;

/** Deliver's message ids are keyed as a lane's are: DEAD is a stream that lanes write to. */
function roleGuest(account: TenantAccount, tenant: string, role: "edge" | "deliver"): Guest {
  const messageKey = role === "deliver" ? { messageKey: messageKeyOf(account, role) } : {};
  return {
    role,
    key: token(tenant),
    account: deriveAccount(account.seed, role),
    access: { tenant, ...messageKey },
  };
}

const messageKeyOf = (account: TenantAccount, name: string): string =>
  Buffer.from(derive(account.seed, `message ids ${name}`)).toString("base64url");

function laneGuest(account: TenantAccount, tenant: string, application: string, id: string): Guest {
  const key = laneAccessKey(tenant, application, id);
  const name = `process ${application} ${id}`;
  return {
    role: "process",
    key,
    account: deriveAccount(account.seed, name),
    access: { tenant, lane: { application, id, messageKey: messageKeyOf(account, name) } },
  };
}

/** The same but for when they were signed. */
function sameClaims(left: string, right: string): boolean {
  const content = (jwt: string): string => {
    const { iss, sub, name, nats } = decode<Account>(jwt);
    return JSON.stringify([iss, sub, name, nats]);
  };
  return content(left) === content(right);
}
