import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Aggregate } from "@o2mc/schema/pipeline/aggregate.ts";
import type { Vector } from "../../../compile/vector.ts";
import type { Slot } from "../slots.ts";
import { Count } from "./count.ts";
import { Distinct } from "./distinct.ts";
import { Edge } from "./edge.ts";
import { Estimate } from "./estimate.ts";
import { Extreme } from "./extreme.ts";
import { Quantile } from "./quantile.ts";
import { Sum } from "./sum.ts";
import { Top } from "./top.ts";

/** One aggregate of all open windows, a column with a place for each slot. A null value leaves it as it is, but for count. */
interface AggregateBase {
  /** makes room for slots below `capacity` */
  resize(capacity: number): void;
  /** takes what a slot holds away */
  clear(slot: Slot): void;
  /** Takes `from` into `into`; their rows don't overlap in time. */
  merge(into: Slot, from: Slot): void;
  result(slot: Slot): Scalar;
  /** plain JSON */
  snapshot(slots: readonly Slot[]): unknown;
  /** what `snapshot` gave, into cleared slots of the same order */
  restore(slots: readonly Slot[], state: unknown): void;
}

/** A slot takes the same memory whatever comes. */
export interface FlatAggregate extends AggregateBase {
  readonly flat: true;
  /** Adds row `rows[i]` to slot `slots[i]`, for i below n. A loop of its own per class: one that is shared would not stay monomorphic. */
  addAll(pairs: Pairs, input: Vector, times: Float64Array): void;
}

/** A slot grows with what comes. */
export interface GrowingAggregate extends AggregateBase {
  readonly flat: false;
  /** that all slots have grown by, about */
  readonly bytes: number;
  /** What `add` would make a slot grow by; `slot` -1 = a new one. */
  growth(slot: Slot, input: Vector, row: number, time: number): number;
  add(slot: Slot, input: Vector, row: number, time: number): void;
}

export type AggregateColumn = FlatAggregate | GrowingAggregate;

/** Which row goes into which slot. */
export interface Pairs {
  readonly n: number;
  readonly slots: Int32Array;
  readonly rows: Int32Array;
}

export function createAggregate({ kind, quantile = 0, k = 1 }: Aggregate): AggregateColumn {
  switch (kind) {
    case "count":
      return new Count();
    case "sum":
    case "avg":
      return new Sum(kind);
    case "min":
    case "max":
      return new Extreme(kind);
    case "first":
    case "last":
      return new Edge(kind);
    case "distinct":
      return new Distinct();
    case "estimate":
      return new Estimate();
    case "quantile":
      return new Quantile(quantile);
    case "top":
      return new Top(k);
  }
}
