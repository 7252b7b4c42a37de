import type { NatsConnection } from "@nats-io/transport-node";
import { writeKey } from "@o2mc/runtime/bucket.ts";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { PartitionHealth } from "@o2mc/schema/health/lane-health.ts";
import { BUCKETS } from "@o2mc/schema/subjects.ts";

/** each is a write to the disk of the hub */
const REPORT_MS = 5_000;

/** A partition that is ours, under its `checkpointKey`; undefined = it is somebody else's now. */
interface Reporter {
  readonly key: string;
  health(): Omit<PartitionHealth, "v" | "at"> | undefined;
}

/** Tells the hub how the partitions are that this process owns, each when something has changed. Nothing waits for it. */
export class HealthReports {
  readonly #nats: NatsConnection;
  readonly #log: Logger;
  readonly #told = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;

  constructor(nats: NatsConnection, log: Logger, reporters: () => Iterable<Reporter>) {
    this.#nats = nats;
    this.#log = log;
    this.#timer = setInterval(() => {
      for (const reporter of reporters()) this.#report(reporter);
    }, REPORT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #report(reporter: Reporter): void {
    const { key } = reporter;
    const health = reporter.health();
    if (health === undefined) {
      this.#told.delete(key);
      return;
    }
    const text = JSON.stringify(health);
    if (this.#told.get(key) === text) return;
    this.#told.set(key, text);
    const report: PartitionHealth = { v: 1, at: Date.now(), ...health };
    writeKey(this.#nats, BUCKETS.health, key, JSON.stringify(report)).catch((error: unknown) => {
      this.#told.delete(key);
      this.#log.debug({ err: error }, "the health of a partition was not told");
    });
  }
}
