import { isIP } from "node:net";

/** An IPv4 address keeps 24 bits, an IPv6 address 48 (RFC 5952 text); other text its first `keep` characters. */
export function truncate(text: string, keep: number): string {
  const family = isIP(text);
  if (family === 4) return `${text.slice(0, text.lastIndexOf("."))}.0`;
  if (family === 6) return truncateIPv6(text);
  return Array.from(text).slice(0, keep).join("");
}

function truncateIPv6(text: string): string {
  const address = text.split("%")[0] ?? "";
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  // an address without `::` has all its groups in the head; zeros stand where `::` does, unless the tail reaches that far
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const tailGroups = right.length + (right.at(-1)?.includes(".") ? 1 : 0);
  const groups = [0, 1, 2].map((i) => {
    const fromRight = i - (8 - tailGroups);
    return Number.parseInt(left[i] ?? (tail !== undefined && fromRight >= 0 ? right[fromRight] : undefined) ?? "0", 16);
  });
  while (groups.at(-1) === 0) groups.pop();
  return `${groups.map((group) => group.toString(16)).join(":")}::`;
}
