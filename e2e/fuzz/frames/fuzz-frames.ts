import fc from "fast-check";
import { columnOf, type Column } from "@o2mc/schema/events/columns/column.ts";
import { FrameError, FrameReader } from "@o2mc/schema/events/columns/decode.ts";
import { encodeFrame } from "@o2mc/schema/events/columns/encode.ts";
import { readEventFrame } from "@o2mc/schema/events/event-frame.ts";
import { decodeResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { mutation } from "../mutate.ts";

const NAMES = ["$id", "$type", "$time", "$source", "#key", "#id", "#policy", "page", "__proto__", "price"];
const HEADS = [{ revision: 1, policy: 1, at: 1 }, { revision: 1, lane: "analytics" }, {}];
/** what decoding may hold for each byte of a message: a pointer and a short text for two bytes of length */
const CELLS_PER_BYTE = 1;

const column = (n: number): fc.Arbitrary<Column> =>
  fc.oneof(
    fc
      .array(
        fc.option(fc.oneof(fc.string({ unit: "binary", maxLength: 8 }), fc.constantFrom("a", "ü", "x".repeat(300)))),
        {
          minLength: n,
          maxLength: n,
        },
      )
      .map((values) => columnOf("string", values)),
    fc
      .array(fc.option(fc.double({ noNaN: true })), { minLength: n, maxLength: n })
      .map((values) => columnOf("number", values)),
    fc.array(fc.option(fc.boolean()), { minLength: n, maxLength: n }).map((values) => columnOf("boolean", values)),
  );

const frame: fc.Arbitrary<Buffer<ArrayBuffer>> = fc
  .tuple(fc.constantFrom(...HEADS), fc.constantFrom(0, 1, 2, 5, 70), fc.subarray(NAMES))
  .chain(([head, n, names]) =>
    fc
      .tuple(...names.map(() => column(n)))
      .map((columns) =>
        encodeFrame(
          head,
          n,
          columns.map((one, i) => [names[i] as string, one]),
        ),
      )
      .map((bytes) => Buffer.concat([bytes])),
  );

/** Frames with bytes changed: each is read whole, or refused with a FrameError, within what its size allows. */
export function fuzzFrames(frames: number, seed: number): number {
  const property = fc.property(frame, mutation, (whole, change) => {
    const bytes = new Uint8Array(change(whole));
    let held = 0;
    attempt(() => {
      const reader = new FrameReader(bytes);
      for (const name of reader.names) {
        const read = reader.column(name);
        held += read === undefined ? 0 : sizeOf(read);
      }
    });
    if (held > bytes.length * CELLS_PER_BYTE) throw new Error(`${held} held of ${bytes.length} bytes`);
    attempt(() => readEventFrame(bytes));
    attempt(() => decodeResultFrame(bytes));
  });
  fc.assert(property, { seed, numRuns: frames });
  return frames;
}

function attempt(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
  }
}

/** Bytes of typed arrays, entries of texts and their characters. */
function sizeOf(read: Column): number {
  if (read.kind !== "text") return read.values.byteLength;
  const characters = read.values.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  return (read.codes?.byteLength ?? 0) + read.values.length + characters;
}
