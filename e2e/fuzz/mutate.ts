import fc from "fast-check";

type Change = (bytes: Buffer<ArrayBuffer>) => Buffer<ArrayBuffer>;

const at = (bytes: Buffer, place: number): number => Math.floor(place * bytes.length);
const joined = (...parts: readonly Uint8Array[]): Buffer<ArrayBuffer> => Buffer.concat(parts);

/** places are fractions of the length, so that they shrink and survive other changes */
const place = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const LIMITS = [0, 1, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff];

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, fc.nat(255)).map(([where, byte]): Change => (bytes) => {
    const copy = joined(bytes);
    if (copy.length > 0) copy[at(copy, where)] = byte;
    return copy;
  }),
  fc.tuple(fc.nat(64), fc.constantFrom(...LIMITS)).map(([word, value]): Change => (bytes) => {
    const copy = joined(bytes);
    if (copy.length >= word * 4 + 4) copy.writeUInt32LE(value, word * 4);
    return copy;
  }),
  // one entry of a frame's directory becomes another's
  fc.tuple(fc.nat(96), fc.nat(96), fc.constantFrom(1, 2, 4)).map(([from, to, words]): Change => (bytes) => {
    const copy = joined(bytes);
    if (from * 4 < bytes.length) bytes.copy(copy, to * 4, from * 4, (from + words) * 4);
    return copy;
  }),
  fc.tuple(place, place).map(([a, b]): Change => (bytes) => {
    const [from, to] = [at(bytes, Math.min(a, b)), at(bytes, Math.max(a, b))];
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  }),
  fc.tuple(place, place, place).map(([a, b, c]): Change => (bytes) => {
    const [from, to, into] = [at(bytes, Math.min(a, b)), at(bytes, Math.max(a, b)), at(bytes, c)];
    return joined(bytes.subarray(0, into), bytes.subarray(from, to), bytes.subarray(into));
  }),
  fc.tuple(place, fc.uint8Array({ maxLength: 16 })).map(([where, more]): Change => (bytes) => {
    const into = at(bytes, where);
    return joined(bytes.subarray(0, into), more, bytes.subarray(into));
  }),
);

/** Some changes of bytes, one after the other. */
export const mutation: fc.Arbitrary<Change> = fc
  .array(change, { minLength: 1, maxLength: 4 })
  .map((changes) => (bytes) => changes.reduce((sofar, one) => one(sofar), bytes));
