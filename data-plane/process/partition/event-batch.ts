import { hash } from "node:crypto";
import { cellAt, kindOf, type Column } from "@o2mc/schema/events/columns/column.ts";
import type { EventFrame } from "@o2mc/schema/events/event-frame.ts";
import type { Batch } from "../compile/batch.ts";
import { nullVector, vectorOf, type Selection } from "../compile/vector.ts";

const MAX_ID_LENGTH = 64;

/** The rows of a frame, with the envelope as columns; `rows` are those that go on. */
export function eventBatch(frame: EventFrame, rows: Selection): Batch {
  const { n, envelope } = frame;
  const columns = new Map<string, Column>(Object.entries(envelope).filter(([name]) => name.startsWith("$")));
  return {
    n,
    rows,
    time: envelope.$time.values,
    id: (row) => resultId(String(cellAt(envelope.$source, row)), String(cellAt(envelope.$id, row))),
    key: envelope["#key"],
    watermark: undefined,
    column: (name, type) => {
      const column = columns.get(name) ?? frame.column(name);
      // one that was cut when the policy gave it another type has no value of this one
      return column?.kind === kindOf(type) ? vectorOf(column, n) : nullVector(type, n);
    },
  };
}

function resultId(source: string, id: string): string {
  const whole = `${source}/${id}`;
  return whole.length <= MAX_ID_LENGTH ? whole : hash("sha256", whole, "base64url");
}
