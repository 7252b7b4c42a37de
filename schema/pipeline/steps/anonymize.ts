/**
 * Makes a field less identifying, in place. `hash`: hex HMAC-SHA256 under the tenant's key. `mask`: every character but
 * the last `keep` becomes `*`. `truncate`: an IPv4 address keeps 24 bits, an IPv6 address 48; other text its first `keep`
 * characters. `generalise`: a number is rounded down to a multiple of `step`.
 */
export interface AnonymizeOptions {
  readonly field: string;
  readonly method: "hash" | "mask" | "truncate" | "generalise";
  readonly keep?: number;
  readonly step?: number;
}
