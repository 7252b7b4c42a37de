import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { ResultFrame } from "@o2mc/schema/events/result-frame.ts";

export type ResultRow = Readonly<Record<string, Scalar>>;

export interface ShownRows {
  readonly rows: readonly ResultRow[];
  /** how many more the frame has, which may not be shown */
  readonly withheld: number;
}

/**
 * The rows of a frame whose subject (undefined = about nobody alone) is permitted, each with its result id as `id`; `policy`
 * as in `ResultFrame`.
 */
export function resultRows(
  frame: ResultFrame,
  isPermitted: (subjectKey: string | undefined, policy: number) => boolean,
): ShownRows {
  const columns = Object.entries(frame.columns);
  const rows: ResultRow[] = [];
  for (let i = 0; i < frame.n; i++) {
    if (!isPermitted(frame.subjectKey?.[i], frame.policy?.[i] ?? 0)) continue;
    const id: readonly [string, Scalar] = ["id", frame.id[i] ?? null];
    // fromEntries defines own properties, whatever their names
    rows.push(Object.fromEntries([id, ...columns.map(([name, values]) => [name, values[i] ?? null] as const)]));
  }
  return { rows, withheld: frame.n - rows.length };
}
