interface AttemptsOptions {
  /** failures of one address within the window before it has to wait */
  readonly limit: number;
  readonly windowMs: number;
  /** addresses that are remembered; the one that failed longest ago is forgotten first */
  readonly addresses: number;
}

const DEFAULTS: AttemptsOptions = { limit: 100, windowMs: 60_000, addresses: 10_000 };

/** Counts what failed by address, in bounded memory, so that nobody guesses or burdens at leisure. */
export class FailedAttempts {
  readonly #options: AttemptsOptions;
  readonly #counts = new Map<string, { failures: number; readonly until: number }>();

  constructor(options: Partial<AttemptsOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Milliseconds that the address must wait; 0 when it may try. */
  wait(address: string, now = Date.now()): number {
    const count = this.#counts.get(networkOf(address));
    if (count === undefined || count.failures < this.#options.limit) return 0;
    return Math.max(0, count.until - now);
  }

  /** It has shown that it is no guesser: what it failed counts no more. */
  forget(address: string): void {
    this.#counts.delete(networkOf(address));
  }

  failed(address: string, now = Date.now()): void {
    const network = networkOf(address);
    const known = this.#counts.get(network);
    this.#counts.delete(network);
    const count =
      known !== undefined && known.until > now ? known : { failures: 0, until: now + this.#options.windowMs };
    count.failures += 1;
    this.#counts.set(network, count);
    if (this.#counts.size <= this.#options.addresses) return;
    const [oldest] = this.#counts.keys();
    if (oldest !== undefined) this.#counts.delete(oldest);
  }
}

/** One customer's network: an IPv4 address, or the /64 of an IPv6 address, any of which a single machine can take. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array<string>(zeros).fill("0"), ...right].slice(0, 4).join(":").toLowerCase();
}
