import { isIP } from "node:net";
import { familyOf, holds, type NetworkRange, parseNetworkRange } from "./network-range.ts";
import { GLOBAL_IPV6, METADATA, OPENABLE, SPECIAL_IPV4, SPECIAL_IPV6 } from "./special-ranges.ts";

export interface AddressSettings {
  /** private networks that the operator opens */
  readonly allow: readonly NetworkRange[];
  /** closed whatever `allow` says: the platform's own services */
  readonly deny: readonly NetworkRange[];
}

const ranges = (texts: readonly string[]): NetworkRange[] => texts.flatMap((text) => parseNetworkRange(text) ?? []);
const SPECIAL = ranges([...SPECIAL_IPV4, ...SPECIAL_IPV6]);
const GLOBAL = ranges(GLOBAL_IPV6);
const CLOSED = ranges(METADATA);
const PRIVATE = ranges(OPENABLE);

/** Says which addresses the platform may connect to in a tenant's name. */
export class AddressRule {
  readonly #allow: readonly NetworkRange[];
  readonly #closed: readonly NetworkRange[];

  constructor({ allow, deny }: AddressSettings) {
    this.#allow = allow;
    this.#closed = [...CLOSED, ...deny];
  }

  /** `address`: as the resolver gave it, before a socket connects to just that. What is no plain address is not allowed. */
  allows(address: string, port: number): boolean {
    // a zone id (`fe80::1%eth0`) is no part of a public address
    if (isIP(address) === 0 || address.includes("%")) return false;
    const within = (list: readonly NetworkRange[]): boolean => holds(list, address, port);
    if (within(this.#closed)) return false;
    const global = familyOf(address) === "ipv4" || within(GLOBAL);
    return (global && !within(SPECIAL)) || (within(PRIVATE) && within(this.#allow));
  }
}

/** An operator may open networks of their own, and nothing else that is special. */
export const isOpenable = ({ address, prefix }: NetworkRange): boolean =>
  PRIVATE.some((range) => range.prefix <= prefix && holds([range], address, 0));
