import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { watchConsent, type ConsentStates } from "../../config/consent-states.ts";
import type { GeoLookup } from "../steps/step.ts";
import { Checkpoints } from "./checkpoints.ts";
import { HealthReports } from "./health-reports.ts";
import { PartitionWorker } from "./partition-worker.ts";
import { Publisher } from "./publisher.ts";

interface ProcessorOptions {
  readonly nats: NatsConnection;
  readonly inboxPrefix: string;
  readonly geoip: GeoLookup;
  readonly log: Logger;
  /** whose stored consent may be read; all of the tenant's where none is named */
  readonly application?: string;
  /** keys the message ids of what is published */
  readonly messageKey?: string;
}

/** All partitions of one tenant's applications. Every worker process asks for every partition; the hub picks the owner. */
export class TenantProcessor {
  readonly #options: ProcessorOptions;
  readonly #publisher: Publisher;
  readonly #consent: ConsentStates;
  readonly #workers = new Map<string, PartitionWorker>();
  readonly #checkpoints: Checkpoints;
  readonly #health: HealthReports;
  #connected = true;

  constructor(options: ProcessorOptions) {
    const { nats, log, inboxPrefix, messageKey, application } = options;
    this.#options = options;
    this.#checkpoints = new Checkpoints(nats);
    this.#publisher = new Publisher(nats, log, inboxPrefix, messageKey);
    this.#consent = watchConsent(nats, log, application);
    this.#health = new HealthReports(nats, log, () => this.#workers.values());
    void this.#followConnection();
  }

  /** Starts the partitions of a deployment's lanes, tells running ones of it, and stops those of lanes that are gone. */
  async deploy(deployment: Deployment): Promise<void> {
    const { application } = deployment;
    for (const lane of deployment.lanes) {
      for (let partition = 0; partition < lane.partitions; partition++) {
        const name = `${application}/${lane.id}/${partition}`;
        if (!this.#workers.has(name)) this.#workers.set(name, this.#start(deployment, lane.id, partition));
      }
    }
    const lanes = new Set(deployment.lanes.map(({ id }) => id));
    await Promise.all(
      [...this.#workers].map(async ([name, worker]) => {
        const [app, lane = ""] = name.split("/");
        if (app !== application) return;
        if (lanes.has(lane)) worker.deploy(deployment);
        else await this.#remove(name, worker);
      }),
    );
  }

  async undeploy(application: string): Promise<void> {
    const gone = [...this.#workers].filter(([name]) => name.startsWith(`${application}/`));
    await Promise.all(gone.map(([name, worker]) => this.#remove(name, worker)));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#workers].map(([name, worker]) => this.#remove(name, worker)));
    this.#health.stop();
    this.#consent.stop();
    this.#publisher.stop();
  }

  status(): Record<string, ReturnType<PartitionWorker["status"]>> {
    return Object.fromEntries([...this.#workers].map(([name, worker]) => [name, worker.status()]));
  }

  #start(deployment: Deployment, lane: string, partition: number): PartitionWorker {
    const { nats, inboxPrefix, geoip, log } = this.#options;
    return new PartitionWorker(deployment, {
      nats,
      connected: () => this.#connected,
      inboxPrefix,
      publisher: this.#publisher,
      checkpoints: this.#checkpoints,
      consent: this.#consent,
      geoip,
      lane,
      partition,
      log: log.child({ application: deployment.application, lane, partition }),
    });
  }

  async #remove(name: string, worker: PartitionWorker): Promise<void> {
    this.#workers.delete(name);
    await worker.stop();
  }

  async #followConnection(): Promise<void> {
    for await (const { type } of this.#options.nats.status()) {
      if (type === "disconnect") this.#connected = false;
      if (type !== "reconnect") continue;
      this.#connected = true;
      for (const worker of this.#workers.values()) worker.reconnected();
    }
    this.#connected = false;
  }
}
