import { z } from "zod";
import type { Key, Waiting } from "./agenda.ts";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const cells = z.array(z.array(scalar));

const schema = z.object({
  watermark: z.number().nullable(),
  number: z.number(),
  keys: z.object({ text: z.array(z.string()), subjectKey: z.array(z.string()), by: cells }),
  events: z.object({
    /** of `keys` */
    key: z.array(z.number()),
    at: z.array(z.number()),
    number: z.array(z.number()),
    id: z.array(z.string()),
    mask: z.array(z.number()),
    begins: z.array(z.boolean()),
    /** which older snapshots lack */
    policy: z.array(z.number()).default([]),
    cells,
  }),
  /** of each key in the order in which they began */
  matches: z.object({
    key: z.array(z.number()),
    at: z.array(z.number()),
    number: z.array(z.number()),
    id: z.array(z.string()),
    start: z.array(z.number()),
    end: z.array(z.number()),
    element: z.array(z.number()),
    policy: z.array(z.number()).default([]),
    cells,
  }),
  completedKey: z.array(z.string()),
  completedEnd: z.array(z.number()),
});

/** Columnar: one entry per key, waiting event and begun match in each array. */
export type SequenceState = z.infer<typeof schema>;

export const readSequenceState = (value: unknown): SequenceState => schema.parse(value);

export function columnsOf(
  keys: readonly Key[],
  events: readonly Waiting[],
): Pick<SequenceState, "keys" | "events" | "matches"> {
  const index = new Map(keys.map((key, i) => [key, i] as const));
  const of = ({ key }: { readonly key: Key }): number => index.get(key) as number;
  const matches = keys.flatMap((key) => key.matches);
  return {
    keys: {
      text: keys.map(({ text }) => text),
      subjectKey: keys.map(({ subjectKey }) => subjectKey),
      by: keys.map(({ by }) => [...by]),
    },
    events: {
      key: events.map(of),
      at: events.map(({ at }) => at),
      number: events.map(({ number }) => number),
      id: events.map(({ id }) => id),
      mask: events.map(({ mask }) => mask),
      begins: events.map(({ begins }) => begins),
      policy: events.map(({ policy }) => policy),
      cells: events.map(({ cells }) => [...cells]),
    },
    matches: {
      key: matches.map(of),
      at: matches.map(({ at }) => at),
      number: matches.map(({ number }) => number),
      id: matches.map(({ id }) => id),
      start: matches.map(({ start }) => start),
      end: matches.map(({ end }) => end),
      element: matches.map(({ element }) => element),
      policy: matches.map(({ policy }) => policy),
      cells: matches.map(({ cells }) => [...cells]),
    },
  };
}
