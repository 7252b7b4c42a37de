import type { NatsConnection } from "@nats-io/transport-node";
import { removeKey, writeKey } from "@o2mc/runtime/bucket.ts";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { Outgoing } from "@o2mc/runtime/outgoing/outgoing.ts";
import type { DestinationConfig } from "@o2mc/schema/deployment/deployment.ts";
import type { DestinationProblem } from "@o2mc/schema/destinations/destination-problem.ts";
import { BUCKETS, token } from "@o2mc/schema/subjects.ts";
import { NotConnected, Permanent } from "./destination.ts";
import { testDestination } from "./test-destination.ts";

interface Options {
  readonly connection: NatsConnection;
  readonly outgoing: Outgoing;
  readonly log: Logger;
}

type Found = Pick<DestinationProblem, "code" | "message">;

/** Tells the control plane where a tenant's deliveries cannot begin and why, in the words of a test; and when they can. */
export class DestinationProblems {
  readonly #options: Options;
  /** what was told last, as text; "" = that there is none */
  readonly #told = new Map<string, string>();
  /** rises with each word on a destination: a test that has been overtaken says nothing */
  readonly #words = new Map<string, number>();
  #telling: Promise<void> = Promise.resolve();

  constructor(options: Options) {
    this.#options = options;
  }

  /** A delivery could not connect: finds out why. */
  async refused({ id, options }: Pick<DestinationConfig, "id" | "options">, error: unknown): Promise<void> {
    const word = this.#next(id);
    const answer = await testDestination(options, this.#options.outgoing);
    if (this.#words.get(id) !== word) return;
    // fine as far as a test looks
    const own = error instanceof NotConnected || error instanceof Permanent ? error.message : "It cannot be delivered.";
    const { code, message }: Found = answer.code === "ok" ? { code: "failed", message: own } : answer;
    await this.#tell(id, { code, message });
  }

  /** What was sealed for deliver could not be opened or read. */
  async unreadable(id: string): Promise<void> {
    this.#next(id);
    await this.#tell(id, {
      code: "bad-options",
      message: "The destination's options could not be opened where they are used.",
    });
  }

  /** A delivery is connected. */
  async fine(id: string): Promise<void> {
    this.#next(id);
    await this.#tell(id, null);
  }

  #next(id: string): number {
    const word = (this.#words.get(id) ?? 0) + 1;
    this.#words.set(id, word);
    return word;
  }

  /** One after the other, so that the last word stays. */
  #tell(id: string, found: Found | null): Promise<void> {
    const text = found === null ? "" : JSON.stringify(found);
    if (this.#told.get(id) === text) return this.#telling;
    this.#told.set(id, text);
    const { connection, log } = this.#options;
    this.#telling = this.#telling.then(async () => {
      try {
        const key = token(id);
        const problem: DestinationProblem | null = found === null ? null : { v: 1, ...found, since: Date.now() };
        if (problem === null) await removeKey(connection, BUCKETS.destinationProblems, key);
        else await writeKey(connection, BUCKETS.destinationProblems, key, JSON.stringify(problem));
      } catch (error) {
        this.#told.delete(id);
        log.debug({ destination: id, err: error }, "a destination's problem was not told");
      }
    });
    return this.#telling;
  }
}
