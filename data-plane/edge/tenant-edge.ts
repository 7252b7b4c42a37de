import type { Tenant } from "../config/tenants.ts";
import { watchConsent, type ConsentStates } from "../config/consent-states.ts";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { Counters } from "./counters.ts";
import { EventQuota } from "./event-quota.ts";
import { OpenFrames } from "./open-frames.ts";
import { compilePlan, type ApplicationPlan } from "./plan.ts";
import { ReceiptFeed } from "./receipt-feed.ts";
import { KeyUses } from "./key-uses.ts";
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
  readonly keyUses: KeyUses;
  readonly quota = new EventQuota();
  readonly applications = new Map<string, EdgeApplication>();
  readonly #feeds = new Map<string, ReceiptFeed>();
  readonly #log: Logger;

  constructor(tenant: Tenant, counters: Counters, log: Logger) {
    this.tenant = tenant;
    this.#log = log;
    this.consent = watchConsent(tenant.nats, log);
    this.keyUses = new KeyUses(tenant.nats, log);
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
    this.#feed(deployment.application, plan.gate.ofReceipts().length > 0);
    return application;
  }

  undeploy(application: string): void {
    this.applications.get(application)?.frames.cutAll();
    this.applications.delete(application);
    this.#feed(application, false);
  }

  /** Sends what is open and waits for its acknowledgements. */
  async close(): Promise<void> {
    const stopping = Promise.all(Array.from(this.#feeds.values(), (feed) => feed.stop()));
    this.#feeds.clear();
    await this.publisher.drained();
    await stopping;
    await this.publisher.drained();
    this.consent.stop();
  }

  /** Receipts come as events while some lane is for them. */
  #feed(application: string, wanted: boolean): void {
    const feed = this.#feeds.get(application);
    if (wanted && feed === undefined) {
      const { nats } = this.tenant;
      const deployed = (): EdgeApplication | undefined => this.applications.get(application);
      this.#feeds.set(application, new ReceiptFeed({ nats, application, deployed, log: this.#log }));
    }
    if (wanted || feed === undefined) return;
    this.#feeds.delete(application);
    void feed.stop();
  }

  #cutOpen(): void {
    for (const { frames } of this.applications.values()) frames.cutAll();
  }
}
