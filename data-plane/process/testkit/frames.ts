import type { EventFrame, Scalar } from "@o2mc/schema/events/frame.ts";

export interface TestEvent {
  readonly id: string;
  readonly subject: string;
  readonly time: number;
  readonly values?: Readonly<Record<string, Scalar>>;
}

/** One frame of these events, all from source `src`. */
export function testFrame(events: readonly TestEvent[], change: Partial<EventFrame> = {}): EventFrame {
  const names = new Set(events.flatMap(({ values }) => Object.keys(values ?? {})));
  return {
    v: 1,
    revision: 1,
    policy: 1,
    at: 2_000_000_000_000,
    n: events.length,
    id: events.map(({ id }) => id),
    type: events.map(() => "view"),
    time: events.map(({ time }) => time),
    sources: ["src"],
    source: events.map(() => 0),
    subjectKey: events.map(({ subject }) => subject),
    columns: Object.fromEntries([...names].map((name) => [name, events.map(({ values }) => values?.[name] ?? null)])),
    ...change,
  };
}
