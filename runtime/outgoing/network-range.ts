import { BlockList, isIP, isIPv6 } from "node:net";

/** Addresses, and of them one port or all. */
export interface NetworkRange {
  readonly address: string;
  readonly prefix: number;
  /** undefined = every port */
  readonly port: number | undefined;
}

const SHAPE = /^([0-9a-f.:]+)\/(\d{1,3})(?::(\d{1,5}))?$/i;

/** Reads `10.0.0.0/8`, `127.0.0.1/32:8080`, `fd12::/16`; undefined when it is none. */
export function parseNetworkRange(text: string): NetworkRange | undefined {
  const [, address = "", bits, port] = SHAPE.exec(text) ?? [];
  const prefix = Number(bits);
  const usable =
    isIP(address) !== 0 && prefix <= (isIPv6(address) ? 128 : 32) && (port === undefined || +port < 65_536);
  return usable ? { address, prefix, port: port === undefined ? undefined : Number(port) } : undefined;
}

export type Family = "ipv4" | "ipv6";

export const familyOf = (address: string): Family => (isIPv6(address) ? "ipv6" : "ipv4");

/**
 * Whether one of the ranges holds the address and the port. An IPv4-mapped IPv6 address is in no IPv4 range here, though
 * `BlockList` would take it so.
 */
export function holds(ranges: readonly NetworkRange[], address: string, port: number): boolean {
  const family = familyOf(address);
  const list = new BlockList();
  for (const range of ranges) {
    const fits = familyOf(range.address) === family && (range.port === undefined || range.port === port);
    if (fits) list.addSubnet(range.address, range.prefix, family);
  }
  return list.check(address, family);
}
