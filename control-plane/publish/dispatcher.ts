import type { Logger } from "@o2mc/runtime/log.ts";
import { Rounds } from "@o2mc/runtime/rounds.ts";
import type { DataPlaneRole } from "@o2mc/schema/subjects.ts";
import { ApplicationRow } from "../db/entities/application.ts";
import { DestinationRow } from "../db/entities/destination.ts";
import { OutboxRow } from "../db/entities/outbox.ts";
import { TenantRow } from "../db/entities/tenant.ts";
import { listen } from "../db/listen.ts";
import { asDispatcher, inTenant, type Orm } from "../db/orm.ts";
import { OUTBOX_CHANNEL } from "../db/outbox.ts";
import type { SecretBox } from "../db/secret.ts";
import type { TenantAccount } from "../hub/accounts.ts";
import type { TenantConnection } from "../hub/connection.ts";
import type { Hub } from "../hub/hub.ts";
import { loadWorkers } from "../workers/load.ts";
import { ensureAccount } from "./ensure-account.ts";
import { loadDeployment, loadDestination } from "./load-deployment.ts";
import { deleteDeployment, putDeployment, type LaneDoors } from "./put-deployment.ts";
import { deleteDestination, putDestination, type DestinationSeal } from "./put-destination.ts";
import { noteWhoIsOut, serveWorkers } from "./serve-workers.ts";

export interface DispatcherOptions {
  readonly orm: Orm;
  readonly secrets: SecretBox;
  readonly hub: Hub;
  readonly log: Logger;
  /** deliver's public key: destinations are sealed for it */
  readonly sealFor: string;
  /** of the role that owns nothing; used to listen */
  readonly databaseUrl: string;
}

const POLL_MS = 5_000;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 30_000;
const KEEP_DAYS = 7;

/**
 * Takes the outbox to the hub, in order within a tenant, until it is there. A row says what changed, not what to: the
 * current rows are read, so that late, repeated or merged work ends in the same state, and several control planes may
 * run. Erasures take their own time, so another takes those (`erase/eraser.ts`). At the start everything is compared, so that a hub that has lost its data gets it again.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #reconciled = new Set<string>();
  /** tenant → when it may be tried again, and how often it has failed */
  readonly #failing = new Map<string, { readonly at: number; readonly failures: number }>();
  readonly #rounds: Rounds;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { databaseUrl, log } = options;
    this.#rounds = new Rounds({
      round: () => this.#round(),
      failed: (error) => log.error({ err: error }, "the outbox could not be read"),
      retryMs: POLL_MS,
      listen: (wake) => listen(databaseUrl, OUTBOX_CHANNEL, wake),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves when what is under way is done. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** One look at the outbox; returns after how many ms the next is due. */
  async #round(): Promise<number> {
    const { orm, log } = this.#options;
    const { rows, tenants, workers } = await asDispatcher(orm, async (em) => ({
      rows: await em.find(
        OutboxRow,
        { doneAt: null, kind: { $ne: "erasure" } },
        { orderBy: { id: "asc" }, limit: 1_000 },
      ),
      tenants: (await em.find(TenantRow, {})).map(({ id }) => id),
      workers: await loadWorkers(em),
    }));
    // enrolled or revoked: whose tenants are compared anew
    for (const id of await serveWorkers(this.#options, workers, tenants)) this.#reconciled.delete(id);
    const now = Date.now();
    // whose users are due for renewal is compared anew
    for (const id of tenants) if ((this.#options.hub.renewsAt(id) ?? Infinity) <= now) this.#reconciled.delete(id);
    const todo = new Set([...tenants.filter((id) => !this.#reconciled.has(id)), ...rows.map(({ tenant }) => tenant)]);
    // tenants wait for one another only as long as they work
    await Promise.all(
      [...todo].map(async (tenant) => {
        if ((this.#failing.get(tenant)?.at ?? 0) > now) return;
        const own = rows.filter((row) => row.tenant === tenant);
        try {
          await this.#dispatch(tenant, own);
          this.#failing.delete(tenant);
        } catch (error) {
          const failures = (this.#failing.get(tenant)?.failures ?? 0) + 1;
          const at = Date.now() + Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS);
          this.#failing.set(tenant, { at, failures });
          log.warn({ err: error, tenant, failures }, "publishing to the hub failed; it is tried again");
          await this.#mark(own, error instanceof Error ? error : new Error("unknown failure", { cause: error }));
        }
      }),
    );
    await noteWhoIsOut(this.#options, workers, (tenant) => this.#reconciled.has(tenant), tenants);
    const retries = [...this.#failing.values()].map(({ at }) => at - Date.now());
    const renewals = tenants.map((id) => (this.#options.hub.renewsAt(id) ?? Infinity) - Date.now());
    return Math.max(50, Math.min(POLL_MS, ...retries, ...renewals));
  }

  async #dispatch(tenant: string, rows: readonly OutboxRow[]): Promise<void> {
    const { orm, secrets, hub } = this.#options;
    const account = await ensureAccount(orm, secrets, tenant);
    if (account !== null) {
      const first = !this.#reconciled.has(tenant);
      const again = first || rows.some(({ kind }) => kind === "tenant");
      const connection = await (again ? hub.ensureTenant(tenant, account) : hub.tenant(tenant, account.seed));
      if (first) await hub.expel(tenant, account);
      // first, so that nothing that fails holds it up; here, where nothing else of the tenant writes accounts at the same time
      const revoked = new Map(rows.filter(isRevocation).map((row) => [`${row.payload.role} ${row.application}`, row]));
      for (const { payload, application } of revoked.values()) {
        await this.#revoke(account, tenant, payload.role, application);
      }
      const { applications, destinations } = first
        ? await this.#everything(tenant)
        : { applications: [], destinations: [] };
      for (const { payload } of rows.filter(({ kind }) => kind === "destination")) {
        destinations.push(String(payload["destination"]));
      }
      for (const { application } of rows) if (application !== null) applications.push(application);
      // destinations first: a deployment's deliveries find theirs
      const seal = { tenant, account, recipient: this.#options.sealFor };
      for (const id of new Set(destinations)) await this.#dispatchDestination(connection, seal, id);
      for (const id of new Set(applications)) await this.#dispatchDeployment(connection, account, tenant, id);
    }
    this.#reconciled.add(tenant);
    await this.#mark(rows);
  }

  async #everything(tenant: string): Promise<{ applications: string[]; destinations: string[] }> {
    return inTenant(this.#options.orm, tenant, async (em) => ({
      applications: (await em.find(ApplicationRow, {})).map(({ id }) => id),
      destinations: (await em.find(DestinationRow, {})).map(({ id }) => id),
    }));
  }

  async #dispatchDestination(connection: TenantConnection, seal: DestinationSeal, id: string): Promise<void> {
    const config = await loadDestination(this.#options.orm, this.#options.secrets, seal.tenant, id);
    if (config === null) await deleteDestination(connection, id);
    else await putDestination(connection, config, seal);
  }

  async #dispatchDeployment(
    connection: TenantConnection,
    account: TenantAccount,
    tenant: string,
    id: string,
  ): Promise<void> {
    const { hub } = this.#options;
    const lanes: LaneDoors = {
      openLanes: (wanted) => hub.openLanes(account, wanted),
      closeLanes: (wanted) => hub.closeLanes(account, { tenant, ...wanted }),
    };
    const deployment = await loadDeployment(this.#options.orm, this.#options.secrets, tenant, id);
    if (deployment === "nothing") return;
    if (deployment === "gone") {
      await deleteDeployment(connection, id, lanes);
      return;
    }
    await putDeployment(connection, deployment, lanes);
    const { application, revision, pipelines } = deployment;
    const counts = { lanes: deployment.lanes.length, pipelines: pipelines.length };
    this.#options.log.info({ tenant, application, revision, ...counts }, "deployment is in the hub");
  }

  async #revoke(
    account: TenantAccount,
    tenant: string,
    role: DataPlaneRole,
    application: string | null,
  ): Promise<void> {
    const { orm, secrets, hub, log } = this.#options;
    if (role !== "process") await hub.revoke(tenant, account, role);
    else if (application !== null) {
      const deployment = await loadDeployment(orm, secrets, tenant, application);
      if (typeof deployment === "string") return;
      await hub.revoke(tenant, account, role, deployment);
    }
    log.info({ tenant, role, application }, "the hub's users were revoked and made anew");
  }

  async #mark(rows: readonly OutboxRow[], failure?: Error): Promise<void> {
    if (rows.length === 0) return;
    const ids = rows.map(({ id }) => id);
    await asDispatcher(this.#options.orm, async (em) => {
      if (failure !== undefined) {
        const lastError = failure.message;
        await em.nativeUpdate(OutboxRow, { id: { $in: ids } }, { lastError, attempts: (rows[0]?.attempts ?? 0) + 1 });
        return;
      }
      await em.nativeUpdate(OutboxRow, { id: { $in: ids } }, { doneAt: new Date() });
      await em.nativeDelete(OutboxRow, { doneAt: { $lt: new Date(Date.now() - KEEP_DAYS * 24 * 3600 * 1000) } });
    });
  }
}

type RevocationRow = OutboxRow & { readonly payload: { readonly role: DataPlaneRole } };

const isRevocation = (row: OutboxRow): row is RevocationRow => row.kind === "revocation";
