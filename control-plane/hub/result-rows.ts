import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { ResultFrame } from "@o2mc/schema/events/result-frame.ts";

export type ResultRow = Readonly<Record<string, Scalar>>;

/** The rows of a frame whose subject is permitted, each with its result id as `id`. */
export function resultRows(frame: ResultFrame, isPermitted: (subjectKey: string) => boolean): ResultRow[] {
  const columns = Object.entries(frame.columns);
  const rows: ResultRow[] = [];
  for (let i = 0; i < frame.n; i++) {
    const subjectKey = frame.subjectKey?.[i];
    if (subjectKey !== undefined && !isPermitted(subjectKey)) continue;
    const id: readonly [string, Scalar] = ["id", frame.id[i] ?? null];
    // fromEntries defines own properties, whatever their names
    rows.push(Object.fromEntries([id, ...columns.map(([name, values]) => [name, values[i] ?? null] as const)]));
  }
  return rows;
}
