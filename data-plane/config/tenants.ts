import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "@o2mc/runtime/log.ts";
import { connectWithCredential } from "@o2mc/runtime/nats.ts";
import { watchBucket } from "@o2mc/runtime/watch-bucket.ts";
import type { Deployment, LaneAccess, TenantAccess } from "@o2mc/schema/deployment/deployment.ts";
import {
  BUCKETS,
  DIRECTORY_USER,
  directoryBucket,
  laneAccessKey,
  laneKey,
  type DataPlaneRole,
} from "@o2mc/schema/subjects.ts";

/** One tenant that this process may work for, of process one lane of it: its id and a connection that opens this and no more. */
export interface Tenant {
  readonly id: string;
  readonly nats: NatsConnection;
  readonly lane?: LaneAccess;
  /** deliver's, as the directory has it now */
  readonly messageKey?: string | undefined;
}

export interface TenantHandlers {
  /** a tenant is connected, for the first time or after its connection was closed for good; comes before its deployments */
  onTenant(tenant: Tenant): void | Promise<void>;
  /** a deployment, at first and at each new revision */
  onDeployment(tenant: Tenant, deployment: Deployment): void | Promise<void>;
  onUndeployed?(tenant: Tenant, application: string): void | Promise<void>;
  /** the tenant is no longer served by this connection, which closes once this has returned */
  onGone(tenant: Tenant): void | Promise<void>;
}

interface Options extends TenantHandlers {
  /** connection whose user can read the worker's directory only */
  readonly nats: NatsConnection;
  readonly user: { readonly worker: string; renew(creds: string): void };
  readonly role: DataPlaneRole;
  readonly url: string;
  readonly log: Logger;
}

const RETRY_MS = 1000;

export interface TenantWatch {
  /** true once each tenant of the directory is connected and its deployments have been handed on */
  readonly settled: boolean;
  stop(): Promise<void>;
}

/**
 * Follows the worker's directory, keeps one connection per tenant (process: per lane) and follows its deployments. Calls about one
 * tenant come one after the other, each awaited; a call that throws is logged and the next goes on. When the directory
 * cannot be read, tenants that are connected stay.
 */
export function watchTenants(options: Options): TenantWatch {
  const lines = new Map<string, TenantLine>();
  let directoryRead = false;
  const directory = watchBucket(
    options.nats,
    directoryBucket(options.user.worker),
    {
      put: (key, value) => {
        if (key === DIRECTORY_USER) {
          options.user.renew(new TextDecoder().decode(value));
          return;
        }
        const access = parse<TenantAccess>(value);
        if (access === undefined || accessKey(access) !== key) {
          options.log.error({ key }, "a tenant's access cannot be read");
          return;
        }
        const line = lines.get(key);
        // the connection goes on with the old one until the server ends it, and comes back with the new
        if (line === undefined) lines.set(key, new TenantLine(access, options));
        else line.access = access;
      },
      gone: (key) => {
        void lines.get(key)?.stop();
        lines.delete(key);
      },
      complete: () => {
        directoryRead = true;
      },
      stale: () => undefined,
    },
    options.log,
  );
  return {
    get settled() {
      return directoryRead && Array.from(lines.values()).every((line) => line.settled);
    },
    stop: async () => {
      directory.stop();
      await Promise.all(Array.from(lines.values(), (line) => line.stop()));
    },
  };
}

/** One tenant, of process one lane: connects, and connects again when the server closes the connection for good. */
class TenantLine {
  /** the newest */
  access: TenantAccess;
  settled = false;
  readonly #options: Options;
  readonly #stopping: Promise<void>;
  #resolveStopping: () => void = () => undefined;
  readonly #done: Promise<void>;
  #stopped = false;

  constructor(access: TenantAccess, options: Options) {
    this.access = access;
    this.#options = options;
    this.#stopping = new Promise((resolve) => (this.#resolveStopping = resolve));
    this.#done = this.#run();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#resolveStopping();
    return this.#done;
  }

  async #run(): Promise<void> {
    const { role, url, log } = this.#options;
    const { tenant: id } = this.access;
    const connect = { url, name: `o2mc-${role}`, inboxPrefix: `_INBOX_${role}` };
    while (!this.#stopped) {
      try {
        const connecting = connectWithCredential(connect, () => this.access);
        const nats = await Promise.race([connecting, this.#stopping]);
        if (nats === undefined || this.#stopped) {
          // the connection itself waits for ever for a server
          void connecting.then((late) => late.close()).catch(() => undefined);
          return;
        }
        await this.#serve(this.#tenant(nats));
      } catch (error) {
        log.warn({ err: error, tenant: id }, "a tenant's account cannot be reached");
      }
      if (!this.#stopped) await Promise.race([pause(RETRY_MS), this.#stopping]);
    }
  }

  #tenant(nats: NatsConnection): Tenant {
    const { tenant: id, lane } = this.access;
    const messageKey = (): string | undefined => this.access.messageKey;
    return {
      id,
      nats,
      ...(lane === undefined ? {} : { lane }),
      get messageKey() {
        return messageKey();
      },
    };
  }

  /** Until the connection is closed for good or the line is stopped. */
  async #serve(tenant: Tenant): Promise<void> {
    const { log } = this.#options;
    let queue = Promise.resolve();
    const call = (work: () => void | Promise<void>): void => {
      queue = queue.then(work).catch((error: unknown) => {
        log.error({ err: error, tenant: tenant.id }, "a configuration change was not taken");
      });
    };
    const revisions = new Map<string, number>();
    call(() => this.#options.onTenant(tenant));
    const { lane } = tenant;
    const deployments = watchBucket(
      tenant.nats,
      lane === undefined ? BUCKETS.deployments : BUCKETS.lanes,
      {
        put: (key, value) => {
          const deployment = parse<Deployment>(value);
          const application = lane?.application ?? key;
          if (deployment?.application !== application || deployment.tenant !== tenant.id) {
            log.error({ tenant: tenant.id, application }, "a deployment cannot be read");
            return;
          }
          // after a reconnect everything comes once more
          if (revisions.get(application) === deployment.revision) return;
          revisions.set(application, deployment.revision);
          call(() => this.#options.onDeployment(tenant, deployment));
        },
        gone: (key) => {
          const application = lane?.application ?? key;
          revisions.delete(application);
          call(() => this.#options.onUndeployed?.(tenant, application));
        },
        complete: () =>
          call(() => {
            this.settled = true;
          }),
        stale: () => undefined,
      },
      log,
      lane === undefined ? {} : { keys: laneKey(lane.application, lane.id) },
    );
    await Promise.race([tenant.nats.closed(), this.#stopping]);
    deployments.stop();
    call(() => this.#options.onGone(tenant));
    await queue;
    if (!tenant.nats.isClosed()) await tenant.nats.close();
  }
}

const accessKey = ({ tenant, lane }: TenantAccess): string =>
  lane === undefined ? tenant : laneAccessKey(tenant, lane.application, lane.id);

function parse<T>(value: Uint8Array): T | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(value)) as T;
  } catch {
    return undefined;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
