import { connectWithCreds } from "@o2mc/runtime/nats.ts";
import type { NatsConnection } from "@nats-io/transport-node";
import { ensureTenantAccount, type TenantAccount } from "./accounts.ts";
import { connectTenant, type TenantConnection } from "./connection.ts";
import { Directory } from "./directory.ts";
import { ensureStreams } from "./streams.ts";

export interface HubOptions {
  readonly url: string;
  readonly operatorSeed: string;
  /** path of the system account user's creds file */
  readonly systemCreds: string;
  /** path of the creds file of the control plane's user in the platform account */
  readonly platformCreds: string;
}

/** Administration of the hub, and one connection into each tenant's account, made when it is first needed. */
export class Hub {
  readonly #options: HubOptions;
  readonly #system: NatsConnection;
  readonly #platform: NatsConnection;
  readonly #directory: Directory;
  readonly #tenants = new Map<string, Promise<TenantConnection>>();

  private constructor(options: HubOptions, system: NatsConnection, platform: NatsConnection, directory: Directory) {
    this.#options = options;
    this.#system = system;
    this.#platform = platform;
    this.#directory = directory;
  }

  static async connect(options: HubOptions): Promise<Hub> {
    const { url } = options;
    const name = "control-plane";
    const system = await connectWithCreds({ url, name, credsFile: options.systemCreds });
    const platform = await connectWithCreds({ url, name, credsFile: options.platformCreds });
    return new Hub(options, system, platform, await Directory.open(platform));
  }

  /** Account, streams, buckets and role users of a tenant; resolves with the connection. Repeating it does no harm. */
  async ensureTenant(tenant: string, account: TenantAccount): Promise<TenantConnection> {
    await ensureTenantAccount(this.#system, this.#options.operatorSeed, tenant, account);
    const connection = await this.tenant(tenant, account.seed);
    await ensureStreams(connection.nc, connection.jsm);
    await this.#directory.publish(tenant, account.seed);
    return connection;
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
}
