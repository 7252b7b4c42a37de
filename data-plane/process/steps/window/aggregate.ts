import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Aggregate } from "@o2mc/schema/pipeline/steps/window.ts";
import { z } from "zod";

/** One running aggregate of one window and group. */
export interface Accumulator {
  /** Returns the bytes of memory that it has grown by, about. */
  add(value: Scalar): number;
  /** what `add` would return */
  growth(value: Scalar): number;
  /** all that it has grown by */
  readonly bytes: number;
  result(): Scalar;
  snapshot(): unknown;
}

/** of one that takes no more however much is added */
const FLAT = { growth: () => 0, bytes: 0 };
const MEMBER_BYTES = 40;

const memberBytes = (value: Scalar): number => MEMBER_BYTES + (typeof value === "string" ? 2 * value.length : 0);

/** Null values count for nothing but `count`, which counts rows. The sum of no value is null, as in SQL. */
export function createAccumulator(kind: Aggregate["kind"], state?: unknown): Accumulator {
  switch (kind) {
    case "count": {
      let n = state === undefined ? 0 : z.number().parse(state);
      return { ...FLAT, add: () => (n++, 0), result: () => n, snapshot: () => n };
    }
    case "sum": {
      let sum = state === undefined ? null : z.number().nullable().parse(state);
      return {
        add(value) {
          if (typeof value === "number") sum = (sum ?? 0) + value;
          return 0;
        },
        ...FLAT,
        result: () => sum,
        snapshot: () => sum,
      };
    }
    case "distinct": {
      const seen = new Set(
        state === undefined ? [] : z.array(z.union([z.string(), z.number(), z.boolean()])).parse(state),
      );
      let bytes = [...seen].reduce((sum: number, value) => sum + memberBytes(value), 0);
      const growth = (value: Scalar): number => (value === null || seen.has(value) ? 0 : memberBytes(value));
      return {
        add(value) {
          const grown = growth(value);
          bytes += grown;
          if (value !== null) seen.add(value);
          return grown;
        },
        growth,
        get bytes() {
          return bytes;
        },
        result: () => seen.size,
        snapshot: () => [...seen],
      };
    }
  }
}
