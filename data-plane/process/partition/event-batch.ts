import { hash } from "node:crypto";
import { cellAt, kindOf, type Column } from "@o2mc/schema/events/columns/column.ts";
import type { EventFrame } from "@o2mc/schema/events/event-frame.ts";
import type { Batch } from "../compile/batch.ts";
import { nullVector, vectorOf, type Selection, type TextVector } from "../compile/vector.ts";

const MAX_ID_LENGTH = 64;

/**
 * The rows of a frame, with the envelope as columns; `rows` are those that go on. `asksSubjects` tells whether it is the
 * subject's own consent that lets a source's events in.
 */
export function eventBatch(frame: EventFrame, rows: Selection, asksSubjects: (source: string) => boolean): Batch {
  const { n, envelope } = frame;
  const columns = new Map<string, Column>(Object.entries(envelope).filter(([name]) => name.startsWith("$")));
  return {
    n,
    rows,
    time: envelope.$time.values,
    id: (row) => resultId(String(cellAt(envelope.$source, row)), String(cellAt(envelope.$id, row))),
    key: envelope["#key"],
    policy: policyOf(frame, asksSubjects),
    watermark: undefined,
    column: (name, type) => {
      const column = columns.get(name) ?? frame.column(name);
      // one that was cut when the policy gave it another type has no value of this one
      return column?.kind === kindOf(type) ? vectorOf(column, n) : nullVector(type, n);
    },
  };
}

function policyOf({ n, policy, envelope }: EventFrame, asksSubjects: (source: string) => boolean): Batch["policy"] {
  const { codes, values } = vectorOf(envelope.$source, n) as TextVector;
  const versions = values.map((source) => (asksSubjects(source ?? "") ? policy : 0));
  if (versions.every((version) => version === 0)) return undefined;
  if (versions.length === 1) return new Float64Array(n).fill(policy);
  return Float64Array.from(codes, (code) => versions[code] as number);
}

function resultId(source: string, id: string): string {
  const whole = `${source}/${id}`;
  return whole.length <= MAX_ID_LENGTH ? whole : hash("sha256", whole, "base64url");
}
