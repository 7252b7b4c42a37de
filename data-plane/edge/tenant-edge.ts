import type { Tenant } from "../config/tenants.ts";
import { watchConsent, type ConsentStates } from "../config/consent-states.ts";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { Counters } from "./counters.ts";
import { OpenFrames } from "./open-frames.ts";
import { compilePlan, type ApplicationPlan } from "./plan.ts";
import { Publisher } from "./publisher.ts";

/** One application of a tenant: what it is deployed as, and its open frames. */
export interface EdgeApplication {
  readonly plan: ApplicationPlan;
  readonly frames: OpenFrames;
}

/** Everything that the edge holds for one tenant. */
export class TenantEdge {
  readonly tenant: Tenant;
  readonly consent: ConsentStates;
  readonly publisher: Publisher;
  readonly applications = new Map<string, EdgeApplication>();

  constructor(tenant: Tenant, counters: Counters, log: Logger) {
    this.tenant = tenant;
    this.consent = watchConsent(tenant.nats, log);
    this.publisher = new Publisher(tenant.nats, () => this.#cutOpen(), counters, log);
  }

  /** Frames that are open are cut first, under the revision that their events were judged by. */
  deploy(deployment: Deployment): EdgeApplication {
    const before = this.applications.get(deployment.application);
    before?.frames.cutAll();
    const plan = compilePlan(deployment, before?.plan);
    const frames = new OpenFrames(plan, {
      opened: () => this.publisher.opened(),
      publish: (frame) => this.publisher.publish(frame),
    });
    const application = { plan, frames };
    this.applications.set(deployment.application, application);
    return application;
  }

  undeploy(application: string): void {
    this.applications.get(application)?.frames.cutAll();
    this.applications.delete(application);
  }

  /** Sends what is open and waits for its acknowledgements. */
  async close(): Promise<void> {
    await this.publisher.drained();
    this.consent.stop();
  }

  #cutOpen(): void {
    for (const { frames } of this.applications.values()) frames.cutAll();
  }
}
