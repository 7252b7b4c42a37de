import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { Outgoing } from "@o2mc/runtime/outgoing/outgoing.ts";
import { NotOpened, type SealedReader } from "@o2mc/runtime/sealed.ts";
import { watchBucket } from "@o2mc/runtime/watch-bucket.ts";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import type {
  DeployedDelivery,
  Deployment,
  DestinationConfig,
  SealedDestination,
} from "@o2mc/schema/deployment/deployment.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { destinationOf } from "@o2mc/schema/destinations/destinations.ts";
import { secretsOf } from "@o2mc/schema/options/secrets-of.ts";
import { BUCKETS } from "@o2mc/schema/subjects.ts";
import { type ConsentStates, watchConsent } from "../config/consent-states.ts";
import { answerTests } from "./answer-tests.ts";
import type { BackOff } from "./back-off.ts";
import { storedConsent } from "./consent.ts";
import { type DeliveryCounters, newCounters } from "./counters.ts";
import { runDelivery } from "./delivery.ts";
import type { DestinationContext, OpenedDestination } from "./destination.ts";
import { DestinationProblems } from "./destination-problems.ts";
import { DESTINATIONS } from "./destinations.ts";
import { keepSecrets } from "./keep-secrets.ts";
import { keepWindow } from "./window-keeper.ts";

interface Running {
  /** all that the delivery was started with; another print = another delivery */
  readonly print: string;
  /** the deployment whose columns it knows: one that is being replaced does not know the next one's */
  readonly known: { revision: number };
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

interface Starting extends Pick<Running, "known"> {
  readonly id: string;
  readonly application: string;
  readonly output: OutputType;
  readonly config: OpenedConfig;
  readonly signal: AbortSignal;
}

interface TenantOptions {
  readonly tenant: string;
  /** opens what the control plane has sealed for deliver */
  readonly sealed: SealedReader;
  /** keys the message ids of dead letters */
  readonly messageKey: () => string;
  readonly connection: NatsConnection;
  readonly windowSeconds: number;
  readonly backOff: BackOff;
  /** where this tenant's results may go */
  readonly outgoing: Outgoing;
  readonly log: Logger;
}

/** Runs the deliveries of one tenant: those that its deployments name, with what `destinations` says about each. */
export class TenantDeliveries {
  /** by delivery id */
  readonly counters = new Map<string, DeliveryCounters>();
  readonly #options: TenantOptions;
  readonly #deployments = new Map<string, Deployment>();
  readonly #destinations = new Map<string, OpenedConfig>();
  readonly #running = new Map<string, Running>();
  readonly #consent: ConsentStates;
  readonly #destinationWatch: { stop(): void };
  readonly #stop = new AbortController();
  readonly #window: Promise<void>;
  readonly #endTests: () => void;
  readonly #problems: DestinationProblems;

  constructor(options: TenantOptions) {
    const { connection, windowSeconds, log } = options;
    this.#options = options;
    this.#problems = new DestinationProblems(options);
    this.#consent = watchConsent(connection, log);
    this.#destinationWatch = watchBucket(
      connection,
      BUCKETS.destinations,
      {
        put: (key, value) => {
          this.#destinations.set(key, this.#openConfig(key, value));
          this.#reconcile();
        },
        gone: (key) => {
          this.#destinations.delete(key);
          this.#reconcile();
        },
        complete: () => undefined,
        stale: () => undefined,
      },
      log,
    );
    this.#endTests = answerTests(options);
    this.#window = keepWindow(connection, windowSeconds, log, this.#stop.signal);
  }

  deploy(deployment: Deployment): void {
    this.#deployments.set(deployment.application, deployment);
    this.#reconcile();
  }

  undeploy(application: string): void {
    this.#deployments.delete(application);
    this.#reconcile();
  }

  /** Each delivery ends its attempt and writes what it has gathered. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#destinationWatch.stop();
    this.#endTests();
    const running = [...this.#running.values()];
    for (const { stop } of running) stop.abort();
    await Promise.all([this.#window, ...running.map(({ done }) => done)]);
    this.#consent.stop();
  }

  #reconcile(): void {
    if (this.#stop.signal.aborted) return;
    const wanted = new Map<string, { delivery: DeployedDelivery; deployment: Deployment }>();
    for (const deployment of this.#deployments.values()) {
      for (const delivery of deployment.deliveries) wanted.set(delivery.id, { delivery, deployment });
    }
    for (const [id, running] of this.#running) {
      if (wanted.has(id)) continue;
      running.stop.abort();
      // Kept until it has ended: should the delivery come back before, it must wait for that.
      this.#running.set(id, { ...running, print: "" });
      this.counters.delete(id);
    }
    for (const { delivery, deployment } of wanted.values()) this.#run(delivery, deployment);
  }

  #run(delivery: DeployedDelivery, deployment: Deployment): void {
    const pipeline = deployment.pipelines.find(({ id }) => id === delivery.pipeline);
    const output = pipeline?.outputs.find(({ name }) => name === delivery.output);
    const config = this.#destinations.get(delivery.destination);
    if (output === undefined || config === undefined) return;
    const print = JSON.stringify([
      deployment.application,
      output.name,
      output.columns.map(nameAndType),
      config.options,
      config.flaw,
    ]);
    const before = this.#running.get(delivery.id);
    if (before?.print === print) {
      before.known.revision = deployment.revision;
      return;
    }
    before?.stop.abort();
    const stop = new AbortController();
    const known = { revision: deployment.revision };
    const { application } = deployment;
    const done = this.#start(
      { id: delivery.id, application, output, config, known, signal: stop.signal },
      before?.done,
    );
    this.#running.set(delivery.id, { print, known, stop, done });
  }

  /** What cannot be opened replaces what was there: somebody has changed where the results are to go. */
  #openConfig(id: string, value: Uint8Array): OpenedConfig {
    const { tenant, sealed, log } = this.#options;
    try {
      const box = JSON.parse(new TextDecoder().decode(value)) as SealedDestination;
      const config = parseConfig(id, sealed.open(box, [tenant, BUCKETS.destinations, id]));
      if (config !== undefined) return config;
      log.error({ destination: id }, "a destination's configuration cannot be read");
      return { ...UNREADABLE, id };
    } catch (error) {
      const reason = error instanceof NotOpened ? error.message : "it is not sealed";
      log.error({ destination: id, reason }, "a destination's options cannot be opened; its results wait in the hub");
      return { ...UNREADABLE, id, flaw: "deliver.sealed-options" };
    }
  }

  async #start(starting: Starting, before: Promise<void> | undefined): Promise<void> {
    const { id, application, output, config, known, signal } = starting;
    const { connection, backOff, outgoing, messageKey } = this.#options;
    const log = this.#options.log.child({ delivery: id });
    const counters = this.counters.get(id) ?? newCounters();
    this.counters.set(id, counters);
    // a delivery that is gone has no problem; one that ends with the process still has
    const forget = (): void => void (this.#stop.signal.aborted || this.#problems.fine(config.id));
    signal.addEventListener("abort", forget, { once: true });
    // Two writers of one delivery would overtake each other.
    await before;
    const opened = open(config, { delivery: id, output, outgoing });
    if (opened === undefined) {
      counters.state = "misconfigured";
      counters.error = config.flaw ?? "deliver.bad-options";
      log.error({ destination: config.id }, "a destination's options are not usable; its results wait in the hub");
      if (config.flaw === undefined) await this.#problems.refused(config, undefined);
      else await this.#problems.unreadable(config.id);
      return;
    }
    const policy = () => this.#deployments.get(application)?.policy ?? NO_POLICY;
    const consent = storedConsent(this.#consent, application, policy);
    const revision = (): number => known.revision;
    const parts = { id, application, output, opened, connection, consent, revision, messageKey };
    const onConnected = (): void => void this.#problems.fine(config.id);
    const onRefused = (error: unknown): void => void this.#problems.refused(config, error);
    await runDelivery({ ...parts, counters, backOff, log, onConnected, onRefused }, signal);
  }
}

/** `flaw` = code of why it could not be read; then it has no options. */
interface OpenedConfig extends DestinationConfig {
  readonly flaw?: string;
}

/** Permits nothing. */
const NO_POLICY: Policy = { version: 0, purposes: [], fields: [] };

const nameAndType = ({ name, type }: OutputType["columns"][number]): string[] => [name, type];

function open(config: DestinationConfig, context: DestinationContext): OpenedDestination | undefined {
  const [entry, ...others] = Object.entries(config.options);
  if (entry === undefined || others.length > 0) return undefined;
  const [name, options] = entry;
  try {
    const opened = DESTINATIONS.find(({ kind }) => kind === name)?.open(options, context);
    if (opened === undefined) return undefined;
    const secrets = secretsOf(destinationOf(name).options, options);
    return { ...opened, destination: keepSecrets(opened.destination, secrets) };
  } catch {
    // The error may quote an option, and an option may be a secret.
    return undefined;
  }
}

const UNREADABLE = { name: "", options: {}, revision: 0 } as const;

function parseConfig(id: string, text: string): DestinationConfig | undefined {
  try {
    const config = JSON.parse(text) as Partial<DestinationConfig> | null;
    const usable = config?.id === id && typeof config.options === "object" && config.options !== null;
    return usable ? (config as DestinationConfig) : undefined;
  } catch {
    return undefined;
  }
}
