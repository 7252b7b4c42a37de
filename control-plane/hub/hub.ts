import { readFileSync } from "node:fs";
import { decode, parseCreds, type Account } from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
import type { NatsConnection } from "@nats-io/transport-node";
import { readKey, removeKey } from "@o2mc/runtime/bucket.ts";
import { connectWithCreds } from "@o2mc/runtime/nats.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { BUCKETS, bucketStream, bucketSubject, laneAccessKey, token } from "@o2mc/schema/subjects.ts";
import { guestClaims, keyPair, ownerClaims, pushAccount, signAccount, type TenantAccount } from "./accounts.ts";
import { connectTenant, type TenantConnection } from "./connection.ts";
import { derive, deriveAccount } from "./derive-account.ts";
import { Directory, type Guest, type IssuedCredential } from "./directory.ts";
import { laneGrants, ROLE_GRANTS, TENANT_EXPORTS, type Grant } from "./grants.ts";
import { ensureStreams } from "./streams.ts";
import { directoryClaims, revokedUsers, serves, type Worker } from "./worker.ts";

export interface HubOptions {
  readonly url: string;
  readonly operatorSeed: string;
  /** path of the system account user's creds file */
  readonly systemCreds: string;
  /** path of the creds file of the control plane's user in the platform account */
  readonly platformCreds: string;
  /** seconds that a data-plane user is good for; it is renewed at half time. decisions/0003 says why a day */
  readonly credentialSeconds?: number;
  /** likewise of a user that reads a worker's directory; `worker.ts` has the default */
  readonly directorySeconds?: number;
}

const DAY_SECONDS = 24 * 3600;

/** Administration of the hub, and one connection into each tenant's account, made when it is first needed. */
export class Hub {
  readonly #options: HubOptions;
  readonly #system: NatsConnection;
  readonly #platform: NatsConnection;
  readonly #directory: Directory;
  /** the platform account's public key */
  readonly #owner: string;
  /** by name: those that the hub has been told about */
  readonly #workers = new Map<string, Worker>();
  /** name → when the user that reads its directory is renewed (ms) */
  readonly #workerRenewals = new Map<string, number>();
  readonly #tenants = new Map<string, Promise<TenantConnection>>();
  /** tenant → worker and guest → when its user is renewed (ms) */
  readonly #renewals = new Map<string, Map<string, number>>();

  private constructor(
    options: HubOptions,
    owner: string,
    system: NatsConnection,
    platform: NatsConnection,
    directory: Directory,
  ) {
    this.#options = options;
    this.#owner = owner;
    this.#system = system;
    this.#platform = platform;
    this.#directory = directory;
  }

  static async connect(options: HubOptions): Promise<Hub> {
    const { url, credentialSeconds = DAY_SECONDS } = options;
    const name = "control-plane";
    const system = await connectWithCreds({ url, name, credsFile: options.systemCreds });
    const platform = await connectWithCreds({ url, name, credsFile: options.platformCreds });
    const { aid } = await parseCreds(readFileSync(options.platformCreds));
    const directory = await Directory.open(platform, credentialSeconds, options.directorySeconds);
    return new Hub(options, aid, system, platform, directory);
  }

  /**
   * A worker has its directory, or if it is revoked nothing and nobody in it; one that is so is left alone. True when that is
   * news: its tenants' accounts have to be told then (`ensureTenant`, `openLanes`).
   */
  async serveWorker(worker: Worker): Promise<boolean> {
    const { name, seed, ended } = worker;
    const known = this.#workers.get(name);
    if (known?.ended === ended && (this.#workerRenewals.get(name) ?? 0) > Date.now()) return false;
    await this.#ensureAccount(`WORKER-${name}`, keyPair(seed), directoryClaims(worker, this.#owner));
    if (ended) await this.#directory.drop(worker);
    this.#workerRenewals.set(name, ended ? Infinity : await this.#directory.ensure(worker));
    this.#workers.set(name, worker);
    return known?.ended !== ended;
  }

  /** The worker is revoked, and nobody reads its directory any more. */
  isOut(worker: string): boolean {
    return this.#workers.get(worker)?.ended === true;
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

  /**
   * Revoked workers are out of the tenant's accounts, by what the hub itself knows of these: to be called before all that may
   * fail and hold it up.
   */
  async expel(tenant: string, account: TenantAccount): Promise<void> {
    if (![...this.#workers.values()].some(({ ended }) => ended)) return;
    const lanes = (await this.#laneKeys(tenant, account)).map(([application, id]) =>
      laneGuest(account, tenant, application, id),
    );
    for (const guest of [roleGuest(account, tenant, "edge"), roleGuest(account, tenant, "deliver"), ...lanes]) {
      const revoked = revokedUsers(this.#workers.values(), guest);
      const known = await this.#lookUp(guest.account.getPublicKey());
      if (known === undefined || Object.keys(revoked).length === 0) continue;
      const { nats } = decode<Account>(known);
      const revocations = { ...nats.revocations, ...revoked };
      await this.#ensureAccount(guestName(guest), guest.account, { ...nats, revocations });
    }
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
    const { nc } = await this.tenant(tenant, account.seed);
    for (const [, id] of await this.#laneKeys(tenant, account, `${token(application)}.`)) {
      if (lanes.some((lane) => lane.id === id)) continue;
      if ((await readKey(nc, BUCKETS.lanes, `${token(application)}.${id}`)) === undefined) continue;
      const guest = laneGuest(account, tenant, application, id);
      for (const worker of this.#serving(guest)) {
        await this.#directory.remove(worker, guest);
        this.#renewals.get(tenant)?.delete(`${worker.name} ${guestName(guest)}`);
      }
      await this.#shut(account, guest, []);
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
    return this.#directory.issued(tenant, this.#workers.values());
  }

  /** When the next user of the tenant has to be renewed (ms); undefined = nothing is known of it. */
  renewsAt(tenant: string): number | undefined {
    const renewals = this.#renewals.get(tenant);
    return renewals === undefined ? undefined : Math.min(Infinity, ...renewals.values());
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
    await this.#tell(owner, guest, grants, await this.#directory.revokedAt(guest));
    // made anew: a worker that is revoked has nothing left to renew
    const { tenant } = guest.access;
    const renewals = this.#renewals.get(tenant) ?? new Map<string, number>();
    this.#renewals.set(tenant, renewals);
    for (const worker of this.#workers.values()) renewals.delete(`${worker.name} ${guestName(guest)}`);
    for (const worker of this.#serving(guest)) {
      renewals.set(`${worker.name} ${guestName(guest)}`, await this.#directory.admit(worker, guest));
    }
  }

  /** Of every lane that is deployed or was, and whose key begins with `start`: application and id. */
  async #laneKeys(tenant: string, account: TenantAccount, start = ""): Promise<readonly (readonly [string, string])[]> {
    const { jsm } = await this.tenant(tenant, account.seed);
    const prefix = bucketSubject(BUCKETS.lanes, "");
    const filter = `${prefix}${start}>`;
    const { state } = await jsm.streams.info(bucketStream(BUCKETS.lanes), { subjects_filter: filter });
    return Object.keys(state.subjects ?? {}).map((subject) => {
      const [application = "", id = ""] = subject.slice(prefix.length).split(".");
      return [application, id] as const;
    });
  }

  async #shut(owner: TenantAccount, guest: Guest, grants: readonly Grant[]): Promise<void> {
    await this.#tell(owner, guest, grants, await this.#directory.revoke(guest));
  }

  /** `revokedAt` = 0: never */
  async #tell(owner: TenantAccount, guest: Guest, grants: readonly Grant[], revokedAt: number): Promise<void> {
    const revoked = { ...(revokedAt === 0 ? {} : { "*": revokedAt }), ...revokedUsers(this.#workers.values(), guest) };
    await this.#ensureAccount(guestName(guest), guest.account, guestClaims(owner.publicKey, grants, revoked));
  }

  #serving(guest: Guest): readonly Worker[] {
    return [...this.#workers.values()].filter((worker) => !worker.ended && serves(worker, guest));
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
