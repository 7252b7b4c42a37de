import type { GateOutcome } from "./gate-events.ts";
import type { PublishFailure } from "./open-frame.ts";

/** Counts since the start of the process, served as JSON at `/metrics` of the health port: on the public one they would tell
 * whether an event just sent was denied for what is stored of its subject. They name no tenant and no subject. */
export class Counters {
  readonly #responses: Record<string, number> = {};
  readonly #denied: Record<string, number> = {};
  readonly #rejected: Record<string, number> = {};
  readonly #failed: Record<string, number> = {};
  #accepted = 0;
  #frames = 0;
  #events = 0;
  #bytes = 0;

  response(status: number): void {
    count(this.#responses, String(status));
  }

  gated({ accepted, denied, rejected }: GateOutcome): void {
    this.#accepted += accepted;
    for (const [reason, n] of denied) count(this.#denied, reason, n);
    for (const { code } of rejected) count(this.#rejected, code);
  }

  published(events: number, bytes: number): void {
    this.#frames++;
    this.#events += events;
    this.#bytes += bytes;
  }

  failed(failure: PublishFailure): void {
    count(this.#failed, failure);
  }

  toJSON(): object {
    return {
      responses: this.#responses,
      events: { permitted: this.#accepted, denied: this.#denied, rejected: this.#rejected },
      frames: { published: this.#frames, events: this.#events, bytes: this.#bytes, failed: this.#failed },
    };
  }
}

function count(into: Record<string, number>, name: string, n = 1): void {
  into[name] = (into[name] ?? 0) + n;
}
