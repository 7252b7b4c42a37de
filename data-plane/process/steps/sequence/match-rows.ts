import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Batch } from "../../compile/batch.ts";
import { madeBatch } from "../../compile/made-batch.ts";
import type { Match } from "./agenda.ts";

/** Collects complete matches. */
export class MatchRows {
  readonly #rows: { readonly match: Match; readonly time: number }[] = [];

  /** `time` is when it was complete. */
  add(match: Match, time: number): void {
    this.#rows.push({ match, time });
  }

  /** `types` are those of start, end, `by` and the kept columns. */
  batch(types: ReadonlyMap<string, FieldType>): Batch {
    const rows = this.#rows;
    const [first] = rows;
    return madeBatch({
      id: rows.map(({ match }) => match.id),
      time: rows.map(({ time }) => time),
      key: rows.map(({ match }) => match.key.subjectKey),
      policy: rows.map(({ match }) => match.policy),
      types,
      columns: [
        rows.map(({ match }) => match.start),
        rows.map(({ match }) => match.end),
        ...(first?.match.key.by ?? []).map((_, i) => rows.map(({ match }) => match.key.by[i] ?? null)),
        ...(first?.match.cells ?? []).map((_, i) => rows.map(({ match }) => match.cells[i] ?? null)),
      ],
    });
  }
}
