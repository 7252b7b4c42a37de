/** so many seconds of its rate may a tenant save up for a burst */
const BURST_SECONDS = 2;

/**
 * A tenant's events a second at this edge, as a token bucket. A request is taken whole while anything is left, so that a
 * batch larger than the rate can be sent at all; what it takes too much is waited for afterwards.
 */
export class EventQuota {
  #tokens = Infinity;
  #at = 0;

  /** Seconds until there is room for a request again, 0 when this one of `events` is taken. `now` in ms, never back. */
  take(events: number, perSecond: number | undefined, now: number): number {
    const wait = this.wait(perSecond, now);
    if (wait === 0) this.#tokens -= events;
    return wait;
  }

  /** As `take`, without taking anything. */
  wait(perSecond: number | undefined, now: number): number {
    if (perSecond === undefined) {
      this.#tokens = Infinity;
      return 0;
    }
    const gained = ((now - this.#at) / 1000) * perSecond;
    this.#tokens = Math.min(perSecond * BURST_SECONDS, this.#tokens + gained);
    this.#at = now;
    return this.#tokens > 0 ? 0 : Math.max(1, Math.ceil((1 - this.#tokens) / perSecond));
  }
}
