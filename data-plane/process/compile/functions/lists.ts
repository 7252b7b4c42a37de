import type { lists } from "@o2mc/schema/expression/functions/lists.ts";
import { MAX_LIST, ValueTooLarge } from "../limits.ts";
import type { Implementations } from "./implementation.ts";

const unique = <T>(list: readonly T[]): readonly T[] => [...new Set(list)];
const rising = (list: readonly number[]): readonly number[] => list.toSorted((a, b) => a - b);

export const LISTS: Implementations<(typeof lists)["functions"][number]["signatures"][number]> = {
  "list<T>.slice(integer, integer): list<T>": (list, from, to) =>
    from < 0 || to < from || to > list.length ? null : list.slice(from, to),
  "list<T>.first(): T": (list) => list[0] ?? null,
  "list<T>.last(): T": (list) => list.at(-1) ?? null,
  "list<string>.distinct(): list<string>": unique,
  "list<integer>.distinct(): list<integer>": unique,
  "list<number>.distinct(): list<number>": unique,
  "list<string>.sort(): list<string>": (list) => list.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  "list<integer>.sort(): list<integer>": rising,
  "list<number>.sort(): list<number>": rising,
  "list<timestamp>.sort(): list<timestamp>": rising,
  "lists.range(integer): list<integer>": (n) => {
    if (n > MAX_LIST) throw new ValueTooLarge(`a list of more than ${MAX_LIST} entries`);
    return Array.from({ length: Math.max(0, n) }, (_, i) => i);
  },
};
