import fc from "fast-check";
import { expect, test } from "vitest";
import { AddressRule } from "./address-rule.ts";
import { parseNetworkRange } from "./network-range.ts";

const ranges = (...texts: string[]) => texts.flatMap((text) => parseNetworkRange(text) ?? []);
const closed = new AddressRule({ allow: [], deny: [] });

test.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::200e"])(
  "%s is on the public internet",
  (address) => expect(closed.allows(address, 443)).toBe(true),
);

test.each([
  ["loopback", "127.0.0.1"],
  ["all of loopback", "127.255.255.254"],
  ["unspecified", "0.0.0.0"],
  ["this network", "0.1.2.3"],
  ["private", "10.1.2.3"],
  ["private", "172.16.0.1"],
  ["private", "192.168.0.1"],
  ["carrier-grade NAT", "100.64.0.1"],
  ["metadata", "169.254.169.254"],
  ["Alibaba's metadata", "100.100.100.200"],
  ["Oracle's metadata", "192.0.0.192"],
  ["multicast", "224.0.0.1"],
  ["broadcast", "255.255.255.255"],
  ["reserved", "240.0.0.1"],
  ["benchmarks", "198.18.0.1"],
  ["unspecified IPv6", "::"],
  ["loopback IPv6", "::1"],
  ["loopback IPv6 in full", "0:0:0:0:0:0:0:1"],
  ["link-local IPv6", "fe80::1"],
  ["link-local IPv6 with a zone", "fe80::1%lo"],
  ["a public address with a zone", "2606:4700::1111%lo"],
  ["site-local IPv6", "fec0::1"],
  ["unique local", "fd12:3456::1"],
  ["EC2's metadata by IPv6", "fd00:ec2::254"],
  ["multicast IPv6", "ff02::1"],
  ["IPv4-mapped", "::ffff:127.0.0.1"],
  ["IPv4-mapped in hex", "::ffff:7f00:1"],
  ["IPv4-mapped in full", "0:0:0:0:0:ffff:a9fe:a9fe"],
  ["IPv4-mapped and public", "::ffff:8.8.8.8"],
  ["IPv4-compatible", "::127.0.0.1"],
  ["IPv4-translated", "::ffff:0:127.0.0.1"],
  ["NAT64", "64:ff9b::a9fe:a9fe"],
  ["local NAT64", "64:ff9b:1::7f00:1"],
  ["6to4 of loopback", "2002:7f00:1::"],
  ["Teredo", "2001:0:a9fe:a9fe::1"],
  ["documentation", "2001:db8::1"],
  ["discard", "100::1"],
  ["a name", "localhost"],
  ["an octal form", "0177.0.0.1"],
  ["a decimal form", "2130706433"],
  ["nothing", ""],
])("%s is refused: %s", (_, address) => {
  expect(closed.allows(address, 443)).toBe(false);
});

test("what an operator opens is open, by port where they say so, in its own family only", () => {
  const rule = new AddressRule({ allow: ranges("10.0.0.0/8", "127.0.0.1/32:8080", "fd12::/16"), deny: [] });
  expect(rule.allows("10.9.8.7", 5432)).toBe(true);
  expect(rule.allows("127.0.0.1", 8080)).toBe(true);
  expect(rule.allows("127.0.0.1", 8081)).toBe(false);
  expect(rule.allows("127.0.0.2", 8080)).toBe(false);
  expect(rule.allows("fd12::5", 1)).toBe(true);
  expect(rule.allows("::ffff:10.9.8.7", 5432)).toBe(false);
});

test("nothing opens a metadata service, or what the operator has closed", () => {
  const allow = ranges("127.0.0.0/8", "100.64.0.0/10", "fc00::/7", "0.0.0.0/0", "::/0");
  const rule = new AddressRule({ allow, deny: ranges("127.0.0.1/32:4222", "8.8.4.4/32") });
  for (const address of ["100.100.100.200", "fd00:ec2::254", "fd20:ce::254", "169.254.169.254", "fe80::1", "0.0.0.0"]) {
    expect([address, rule.allows(address, 80)]).toEqual([address, false]);
  }
  expect(rule.allows("127.0.0.1", 4222)).toBe(false);
  expect(rule.allows("127.0.0.1", 4223)).toBe(true);
  expect(rule.allows("8.8.4.4", 443)).toBe(false);
});

test("no IPv6 address that carries an IPv4 one gets through, whichever it is", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(byte, byte, byte, byte, (a, b, c, d) => {
      const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
      const forms = [`::ffff:${a}.${b}.${c}.${d}`, `::ffff:${hex}`, `::${hex}`, `64:ff9b::${hex}`, `2002:${hex}::1`];
      expect(forms.filter((form) => closed.allows(form, 80))).toEqual([]);
    }),
  );
});

test("every first half of an IPv4 address is judged as the registry says", () => {
  const special = (a: number, b: number): boolean =>
    [0, 10, 127].includes(a) ||
    a >= 224 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 198 && (b === 18 || b === 19));
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b += 1) {
      const address = `${a}.${b}.77.1`;
      if (closed.allows(address, 80) === special(a, b)) expect.fail(`${address} is judged wrongly`);
    }
  }
});
