import { FrameReader } from "@o2mc/schema/events/columns/decode.ts";

/** Frames left out: those with a sequence in (from, until]. */
export interface Gap {
  readonly from: number;
  readonly until: number;
  readonly rows: number;
}

/** One stored result message. */
export interface StoredFrame {
  readonly seq: number;
  readonly data: Uint8Array;
}

const MAX_FRAMES = 1_000;
const MAX_BYTES = 8 * 1024 ** 2;

/**
 * What arrived for one subscriber and was not read yet, bounded. When it is full, what arrives is left out and becomes
 * one gap, which grows until the reader has come to it.
 */
export class ResultBuffer<F extends StoredFrame> {
  #items: (F | Gap)[] = [];
  #head = 0;
  #frames = 0;
  #bytes = 0;
  /** the gap at the end, while it is not taken */
  #gap: { from: number; until: number; rows: number } | undefined;
  /** sequence of the last frame pushed */
  #last = 0;

  push(frame: F): void {
    if (this.#gap !== undefined) {
      this.#gap.until = frame.seq;
      this.#gap.rows += rowsOf(frame);
    } else if (this.#frames >= MAX_FRAMES || this.#bytes + frame.data.length > MAX_BYTES) {
      this.#gap = { from: this.#last, until: frame.seq, rows: rowsOf(frame) };
      this.#items.push(this.#gap);
    } else {
      this.#items.push(frame);
      this.#frames += 1;
      this.#bytes += frame.data.length;
    }
    this.#last = frame.seq;
  }

  take(): F | Gap | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    if (this.#head === this.#items.length || this.#head > MAX_FRAMES) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    if (item === this.#gap) this.#gap = undefined;
    if ("data" in item) {
      this.#frames -= 1;
      this.#bytes -= item.data.length;
    }
    return item;
  }

  get overflowed(): boolean {
    return this.#gap !== undefined;
  }
}

const rowsOf = ({ data }: StoredFrame): number => new FrameReader(data).n;
