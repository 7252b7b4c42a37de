import type { Tenant } from "../config/tenants.ts";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { Counters } from "./counters.ts";
import type { SourcePlan } from "./plan.ts";
import { TenantEdge, type EdgeApplication } from "./tenant-edge.ts";

/** A source that is deployed now, with all that its requests need. */
export interface DeployedAt {
  readonly plan: SourcePlan;
  readonly application: EdgeApplication;
  readonly edge: TenantEdge;
}

/** All sources of all tenants, found by id, and web sources by origin. The tenant follows from the source, never from a request. */
export class Registry {
  readonly #tenants = new Map<Tenant, TenantEdge>();
  readonly #counters: Counters;
  readonly #log: Logger;
  #sources = new Map<string, DeployedAt>();
  #origins = new Map<string, DeployedAt>();

  constructor(counters: Counters, log: Logger) {
    this.#counters = counters;
    this.#log = log;
  }

  source(id: string): DeployedAt | undefined {
    return this.#sources.get(id);
  }

  webSource(origin: string): DeployedAt | undefined {
    return this.#origins.get(origin);
  }

  get size(): number {
    return this.#sources.size;
  }

  addTenant(tenant: Tenant): void {
    this.#tenants.set(tenant, new TenantEdge(tenant, this.#counters, this.#log));
  }

  async removeTenant(tenant: Tenant): Promise<void> {
    const edge = this.#tenants.get(tenant);
    if (edge === undefined) return;
    this.#tenants.delete(tenant);
    this.#index();
    await edge.close();
  }

  deploy(tenant: Tenant, deployment: Deployment): void {
    this.#tenants.get(tenant)?.deploy(deployment);
    this.#index();
  }

  undeploy(tenant: Tenant, application: string): void {
    this.#tenants.get(tenant)?.undeploy(application);
    this.#index();
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#tenants.keys(), (tenant) => this.removeTenant(tenant)));
  }

  #index(): void {
    const sources = new Map<string, DeployedAt>();
    const origins = new Map<string, DeployedAt>();
    for (const edge of this.#tenants.values()) {
      for (const application of edge.applications.values()) {
        for (const [id, plan] of application.plan.sources) {
          // nobody sends receipts: they come from their chain
          if (plan.source.kind === "consent") continue;
          const found = { plan, application, edge };
          // who came first keeps it: a second tenant cannot take a source or a site over
          claim(sources, id, found, this.#log);
          if (plan.source.kind === "web" && plan.source.publicWriteKey !== undefined) {
            for (const origin of plan.source.origins) claim(origins, origin, found, this.#log);
          }
        }
      }
    }
    this.#sources = sources;
    this.#origins = origins;
  }
}

function claim(map: Map<string, DeployedAt>, key: string, found: DeployedAt, log: Logger): void {
  if (map.has(key)) log.error({ key, tenant: found.edge.tenant.id }, "a source id or origin is deployed twice");
  else map.set(key, found);
}
