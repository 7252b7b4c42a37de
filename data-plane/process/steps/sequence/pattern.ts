import type { SequenceOptions } from "@o2mc/schema/pipeline/steps/sequence.ts";

/** The elements of a pattern as a match goes through them; `mask`s have bit i for the element i of the options. */
export interface Pattern {
  /** of the elements that a match has events of, in their order */
  readonly taken: readonly TakenElement[];
  /** A match that has come to the last one is complete only when its time is over: something may join or end it. */
  readonly waits: boolean;
}

interface TakenElement {
  readonly bit: number;
  readonly repeat: boolean;
  /** what ends a match that has come here and not further */
  readonly without: number;
  /** the kept columns that are of it */
  readonly columns: readonly { readonly index: number; readonly keep: "first" | "last" | "count" }[];
}

export function patternOf({ pattern, columns }: SequenceOptions): Pattern {
  const taken = pattern.flatMap(({ name, repeat = false, without = false }, i): TakenElement[] => {
    if (without) return [];
    const kept = columns.flatMap(({ of, keep }, index) => (of === name ? [{ index, keep }] : []));
    return [{ bit: 1 << i, repeat, without: withoutBehind(pattern, i), columns: kept }];
  });
  const last = taken.at(-1);
  return { taken, waits: last !== undefined && (last.repeat || last.without !== 0) };
}

/** The elements that follow and are `without`, up to the next that is not. */
function withoutBehind(pattern: SequenceOptions["pattern"], from: number): number {
  let mask = 0;
  for (let i = from + 1; pattern[i]?.without === true; i++) mask |= 1 << i;
  return mask;
}
