/**
 * The addresses that are nobody's on the public internet, from IANA's registries of special-purpose addresses (RFC 6890 and
 * what has been added since). Of IPv6 only global unicast is public at all (`2000::/3`): mapped, translated, loopback,
 * local and multicast addresses lie outside of it, those that are not yet thought of included.
 */
export const SPECIAL_IPV4 = [
  "0.0.0.0/8", // this network; the unspecified address reaches the machine itself
  "10.0.0.0/8", // private
  "100.64.0.0/10", // carrier-grade NAT
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local, with the clouds' metadata services
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, and broadcast
];

export const GLOBAL_IPV6 = ["2000::/3"];

export const SPECIAL_IPV6 = [
  "2001::/23", // protocol assignments: Teredo, ORCHID, benchmarks
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4: an IPv4 address in disguise
  "3fff::/20", // documentation
];

/** What an operator may open to deliveries: networks of their own, and the machine itself. */
export const OPENABLE = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "::1/128",
  "fc00::/7",
];

/** Metadata services of clouds that lie in ranges which can be opened: whoever reads them has the machine's credentials. */
export const METADATA = ["100.100.100.200/32", "fd00:ec2::254/128", "fd20:ce::254/128"];
