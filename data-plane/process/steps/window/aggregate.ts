import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Aggregate } from "@o2mc/schema/pipeline/steps/window.ts";
import { z } from "zod";

/** One running aggregate of one window and group. */
export interface Accumulator {
  add(value: Scalar): void;
  result(): Scalar;
  snapshot(): unknown;
}

/** Null values count for nothing but `count`, which counts rows. The sum of no value is null, as in SQL. */
export function createAccumulator(kind: Aggregate["kind"], state?: unknown): Accumulator {
  switch (kind) {
    case "count": {
      let n = state === undefined ? 0 : z.number().parse(state);
      return { add: () => void n++, result: () => n, snapshot: () => n };
    }
    case "sum": {
      let sum = state === undefined ? null : z.number().nullable().parse(state);
      return {
        add(value) {
          if (typeof value === "number") sum = (sum ?? 0) + value;
        },
        result: () => sum,
        snapshot: () => sum,
      };
    }
    case "distinct": {
      const seen = new Set(
        state === undefined ? [] : z.array(z.union([z.string(), z.number(), z.boolean()])).parse(state),
      );
      return {
        add(value) {
          if (value !== null) seen.add(value);
        },
        result: () => seen.size,
        snapshot: () => [...seen],
      };
    }
  }
}
