import type { FieldDeclaration } from "@o2mc/schema/consent/policy.ts";
import { columnOf, numberColumn, textColumn } from "@o2mc/schema/events/columns/column.ts";
import {
  encodeEventFrame,
  readEventFrame,
  type EventFrame,
  type EventFrameHead,
} from "@o2mc/schema/events/event-frame.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { FIELDS } from "./deployment.ts";

export interface TestEvent {
  readonly id: string;
  readonly subject: string;
  readonly time: number;
  /** `src` where it does not say */
  readonly source?: string;
  readonly values?: Readonly<Record<string, Scalar>>;
}

/** One frame of these events. */
export const testFrame = (events: readonly TestEvent[], change: Partial<EventFrameHead> = {}): EventFrame =>
  readEventFrame(testMessage(events, change));

/** The same as a message; it carries the fields that some event has. */
export function testMessage(events: readonly TestEvent[], change: Partial<EventFrameHead> = {}): Uint8Array {
  const names = new Set(events.flatMap(({ values }) => Object.keys(values ?? {})));
  return encodeEventFrame(
    { revision: 1, policy: 1, at: 2_000_000_000_000, ...change },
    events.length,
    {
      $id: textColumn(events.map(({ id }) => id)),
      $type: textColumn(events.map(() => "view")),
      $time: numberColumn(events.map(({ time }) => time)),
      $source: textColumn(events.map(({ source }) => source ?? "src")),
      "#key": textColumn(events.map(({ subject }) => subject)),
    },
    FIELDS.filter(({ path }) => names.has(path)).map(({ path, type }: FieldDeclaration) => [
      path,
      columnOf(
        type,
        events.map(({ values }) => values?.[path] ?? null),
      ),
    ]),
  );
}
