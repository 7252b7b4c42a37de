/** Standard error of an estimate: 1.04 / √REGISTERS = 2.3 %. */
export const REGISTERS = 2048;
/** largest rank but one: a register counts the leading zeros of 32 bits */
const Q = 32;
const HALF = 2 ** 32;

/**
 * 53 bits of a value: cyrb53 by bryc (public domain), two multiplicative hashes over UTF-16 code units, mixed at the end as
 * murmur3 does. The low 32 are for the rank, those above for the register.
 */
export function valueHash(value: string | number | boolean): number {
  const text = String(value);
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return HALF * (b & 0x1fffff) + (a >>> 0);
}

/** Keeps the largest rank of each register. */
export function register(registers: Uint8Array, hash: number): void {
  const index = Math.floor(hash / HALF) % REGISTERS;
  const rank = Math.clz32(hash % HALF) + 1;
  if (rank > (registers[index] as number)) registers[index] = rank;
}

/**
 * How many different values the registers have seen: the estimator of O. Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017), algorithm 6, which needs no correction for small or large counts.
 */
export function estimateOf(registers: Uint8Array): number {
  const counts = new Float64Array(Q + 2);
  for (const rank of registers) counts[rank] = (counts[rank] as number) + 1;
  let z = REGISTERS * tau(1 - (counts[Q + 1] as number) / REGISTERS);
  for (let k = Q; k >= 1; k--) z = 0.5 * (z + (counts[k] as number));
  z += REGISTERS * sigma((counts[0] as number) / REGISTERS);
  return (REGISTERS * REGISTERS) / (2 * Math.LN2 * z);
}

function sigma(x: number): number {
  if (x === 1) return Infinity;
  let y = 1;
  let z = x;
  for (let power = x * x; ; power *= power) {
    const before = z;
    z += power * y;
    y += y;
    if (z === before) return z;
  }
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let y = 1;
  let z = 1 - x;
  for (let root = Math.sqrt(x); ; root = Math.sqrt(root)) {
    const before = z;
    y *= 0.5;
    z -= (1 - root) ** 2 * y;
    if (z === before) return z / 3;
  }
}
