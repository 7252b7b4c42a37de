import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import { columnOf } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Batch } from "./batch.ts";
import { identity, nullVector, vectorOf } from "./vector.ts";

/** Rows that a stateful step has made. */
interface MadeRows {
  readonly id: readonly string[];
  readonly time: readonly number[];
  /** absent once rows are about several subjects */
  readonly key: readonly string[] | undefined;
  /** as in `Batch`; absent once rows are about several subjects */
  readonly policy: readonly number[] | undefined;
  readonly types: ReadonlyMap<string, FieldType>;
  /** in the order of `types` */
  readonly columns: readonly (readonly Scalar[])[];
}

export function madeBatch({ id, time, key, policy, types, columns }: MadeRows): Batch {
  const n = id.length;
  const names = [...types.keys()];
  return {
    n,
    rows: identity(n),
    time: Float64Array.from(time),
    id: (row) => id[row] ?? "",
    key: key === undefined ? undefined : { kind: "text", codes: undefined, values: key },
    policy: policy?.some((version) => version > 0) === true ? Float64Array.from(policy) : undefined,
    watermark: undefined,
    column: (name, type) => {
      const cells = columns[names.indexOf(name)];
      return cells === undefined ? nullVector(type, n) : vectorOf(columnOf(type, cells), n);
    },
  };
}

export const NO_ROWS: Batch = madeBatch({
  id: [],
  time: [],
  key: undefined,
  policy: undefined,
  types: new Map(),
  columns: [],
});
