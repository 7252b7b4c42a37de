import type { LookupAddress } from "node:dns";
import { lookup as resolveHost } from "node:dns/promises";
import { isIP, type LookupFunction, Socket } from "node:net";
import type { AddressRule } from "./address-rule.ts";
import { OutgoingRefused } from "./outgoing-refused.ts";

/** What a name stands for now. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

const systemResolve: Resolve = (host) => resolveHost(host, { all: true, verbatim: true });

/**
 * The way out for every connection that a tenant's configuration names. A name is resolved once, by the socket's own lookup,
 * which hands on only addresses that the rule allows: between check and connect nothing is asked again, so no DNS answer
 * that changes meanwhile gets around it.
 */
export class Connector {
  readonly #rule: AddressRule;
  readonly #resolve: Resolve;

  constructor(rule: AddressRule, resolve: Resolve = systemResolve) {
    this.#rule = rule;
    this.#resolve = resolve;
  }

  /** Resolves the host and throws an OutgoingRefused when none of its addresses is allowed; the resolver's error when it has none. */
  async check(host: string, port: number): Promise<void> {
    await this.#addresses(host, port);
  }

  /** For `net`, `tls`, `http` and `https`. They ask it for names only: go through `refuseLiteral` first. */
  lookup(port: number): LookupFunction {
    return (host, options, callback) => {
      void this.#answer(host, port, options.all === true, callback);
    };
  }

  /** Throws an OutgoingRefused for an address, brackets or not, that is not allowed; a name is left to `lookup`. */
  refuseLiteral(host: string, port: number): void {
    const address = host.replace(/^\[(.*)\]$/, "$1");
    if (isIP(address) !== 0 && !this.#rule.allows(address, port)) throw refused(host, port);
  }

  /** A socket that isn't connected yet, whose `connect(port, host)` goes nowhere else. */
  socket(): Socket {
    const socket = new Socket();
    const connect = socket.connect.bind(socket);
    return Object.assign(socket, {
      connect: (port: unknown, host: unknown): Socket => {
        try {
          // with other arguments it would be a Unix socket, or the machine itself
          if (typeof port !== "number" || typeof host !== "string") throw refused("a local socket", 0);
          this.refuseLiteral(host, port);
          return connect({ port, host, lookup: this.lookup(port) });
        } catch (error) {
          return socket.destroy(error as Error);
        }
      },
    });
  }

  async #answer(host: string, port: number, all: boolean, callback: Parameters<LookupFunction>[2]): Promise<void> {
    let addresses: LookupAddress[];
    try {
      addresses = await this.#addresses(host, port);
    } catch (error) {
      callback(error as NodeJS.ErrnoException, all ? [] : "");
      return;
    }
    const [first] = addresses;
    if (all) callback(null, addresses);
    else callback(null, first?.address ?? "", first?.family);
  }

  async #addresses(host: string, port: number): Promise<LookupAddress[]> {
    const all = isIP(host) === 0 ? await this.#resolve(host) : [{ address: host, family: isIP(host) }];
    const allowed = all.filter(({ address }) => this.#rule.allows(address, port));
    if (allowed.length === 0) throw refused(host, port);
    return allowed;
  }
}

/** Does not say what the name stands for: that would let a tenant ask our resolver about our network. */
const refused = (host: string, port: number): OutgoingRefused =>
  new OutgoingRefused(
    "outgoing.address-refused",
    `${host}, port ${port}, is not an address that the platform connects to`,
  );
