import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FieldType } from "../../consent/policy.ts";
import type { Scalar } from "../frame.ts";
import { cells, columnOf, textColumn } from "./column.ts";
import { FrameError, FrameReader } from "./decode.ts";
import { encodeFrame } from "./encode.ts";
import { ENTRY_WORDS, padded, PREFIX_BYTES } from "./format.ts";

const value: Readonly<Record<FieldType, fc.Arbitrary<Scalar>>> = {
  string: fc.oneof(
    fc.constantFrom("", "a", "é", "🙂", "\ufeff", "\0", "x".repeat(70_000)),
    fc.string({ unit: "binary" }),
    fc.constant(null),
  ),
  number: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null)),
  integer: fc.oneof(fc.maxSafeInteger(), fc.constant(null)),
  boolean: fc.oneof(fc.boolean(), fc.constant(null)),
  timestamp: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.constant(null)),
};

const frame = fc.nat({ max: 300 }).chain((n) =>
  fc.record({
    n: fc.constant(n),
    columns: fc.uniqueArray(
      fc.constantFrom(...(Object.keys(value) as FieldType[])).chain((type) =>
        fc.record({
          name: fc.string({ unit: "grapheme", maxLength: 8 }),
          type: fc.constant(type),
          cells: fc.array(value[type], { minLength: n, maxLength: n }),
        }),
      ),
      { selector: ({ name }) => name, maxLength: 6 },
    ),
  }),
);

describe("columns", () => {
  it("come back as they went, whatever is in them", () => {
    fc.assert(
      fc.property(frame, ({ n, columns }) => {
        const message = encodeFrame(
          { at: 5 },
          n,
          columns.map(({ name, type, cells: given }) => [name, columnOf(type, given)]),
        );
        const reader = new FrameReader(message);
        expect(reader.attributes).toEqual({ at: 5 });
        expect(reader.n).toBe(n);
        for (const { name, cells: given } of columns) {
          const column = reader.column(name);
          expect(column && cells(column, n)).toEqual(given);
        }
      }),
    );
  });

  it("hold a repeated text once", () => {
    const texts = Array.from({ length: 500 }, (_, i) => `value ${i % 7}`);
    expect(textColumn(texts).values).toHaveLength(7);
    const distinct = Array.from({ length: 500 }, (_, i) => `value ${i}`);
    expect(textColumn(distinct).codes).toBeUndefined();
  });

  it("are read from anywhere in a buffer", () => {
    const message = encodeFrame({}, 2, [["a", columnOf("number", [1.5, null])]]);
    for (let offset = 0; offset < 9; offset++) {
      for (const buffer of [new Uint8Array(message.length + offset), Buffer.alloc(message.length + offset)]) {
        buffer.set(message, offset);
        const column = new FrameReader(buffer.subarray(offset)).column("a");
        expect(column && cells(column, 2)).toEqual([1.5, null]);
      }
    }
  });

  it("are refused with a FrameError, and nothing else, when a byte is wrong or missing", () => {
    const message = encodeFrame({ at: 1 }, 40, [
      [
        "plain",
        columnOf(
          "string",
          Array.from({ length: 40 }, (_, i) => `é${i}`),
        ),
      ],
      [
        "coded",
        columnOf(
          "string",
          Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? null : `v${i % 2}`)),
        ),
      ],
      [
        "number",
        columnOf(
          "number",
          Array.from({ length: 40 }, (_, i) => i),
        ),
      ],
      [
        "flag",
        columnOf(
          "boolean",
          Array.from({ length: 40 }, (_, i) => i % 2 === 0),
        ),
      ],
    ]);
    const readAll = (bytes: Uint8Array): boolean => {
      try {
        const reader = new FrameReader(bytes);
        for (const name of reader.names) reader.column(name);
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(FrameError);
        return false;
      }
    };
    expect(readAll(message)).toBe(true);
    for (let length = 0; length < message.length - 8; length++) {
      expect(readAll(message.subarray(0, length))).toBe(false);
    }
    fc.assert(
      fc.property(fc.nat({ max: message.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const changed = message.slice();
        changed[at] = byte;
        readAll(changed);
      }),
      { numRuns: 5000 },
    );
  });

  // found by e2e/fuzz: a message of 1 MB could have named 50,000 columns over the same half megabyte
  it("are refused when columns share their bytes", () => {
    const names = ["a", "b", "c", "d"];
    const large = columnOf("string", ["x".repeat(1000), "y"]);
    const small = columnOf("boolean", [true, false]);
    const message = encodeFrame(
      {},
      2,
      names.map((name) => [name, name === "a" ? large : small]),
    );
    const directory = padded(PREFIX_BYTES + Buffer.from(message).readUInt32LE(4));
    const entry = ENTRY_WORDS * 4;
    for (let i = 1; i < names.length; i++) message.copyWithin(directory + i * entry, directory, directory + entry);
    const reader = new FrameReader(message);
    expect(reader.column("a")?.kind).toBe("text");
    expect(() => names.map((name) => reader.column(name))).toThrow(FrameError);
  });

  // found by e2e/fuzz (seed 239604546): a result of 1 MB could have named one column of 65,536 rows 25,000 times
  it("are refused when two columns have one name", () => {
    const column = columnOf("number", [1, 2]);
    const message = Buffer.from(
      encodeFrame({}, 2, [
        ["one", column],
        ["two", column],
      ]),
    );
    message.write('"one"', message.indexOf('"two"'));
    expect(() => new FrameReader(new Uint8Array(message))).toThrow(FrameError);
  });
});
