import { hash } from "node:crypto";
import type { EventFrame, Scalar } from "@o2mc/schema/events/frame.ts";
import { select, type Rows } from "../steps/rows.ts";

const MAX_ID_LENGTH = 64;

/** The rows of a frame, with the envelope as columns; `kept` are the indices of the rows that go on. */
export function eventRows(frame: EventFrame, kept: readonly number[], withIds: boolean): Rows {
  const source = frame.source.map((index) => frame.sources[index] ?? "");
  const columns = new Map<string, readonly Scalar[]>(Object.entries(frame.columns));
  columns.set("$type", frame.type).set("$time", frame.time).set("$id", frame.id).set("$source", source);
  const rows: Rows = {
    n: frame.n,
    id: withIds ? frame.id.map((id, i) => resultId(source[i] ?? "", id)) : frame.id,
    time: frame.time,
    subjectKey: frame.subjectKey,
    watermark: undefined,
    columns,
  };
  return select(rows, kept);
}

function resultId(source: string, id: string): string {
  const whole = `${source}/${id}`;
  return whole.length <= MAX_ID_LENGTH ? whole : hash("sha256", whole, "base64url");
}
