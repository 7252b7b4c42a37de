import type { Scalar } from "@o2mc/schema/events/frame.ts";

/** A subject's events with the same values of `by`. */
export interface Key {
  readonly text: string;
  readonly subjectKey: string;
  readonly by: readonly Scalar[];
  /** in the order in which they began */
  matches: Match[];
  /** events that wait, and those of them that can begin a match */
  waiting: number;
  beginning: number;
}

/** An event that waits until no earlier one can come. */
export interface Waiting {
  readonly kind: "event";
  readonly at: number;
  /** in the order of the log */
  readonly number: number;
  readonly key: Key;
  readonly id: string;
  readonly mask: number;
  readonly begins: boolean;
  /** as in `Batch` */
  readonly policy: number;
  /** one per kept column */
  readonly cells: readonly Scalar[];
  dropped: boolean;
}

/** A match that has begun. */
export interface Match {
  readonly kind: "match";
  /** when its time is over */
  readonly at: number;
  /** of its first event */
  readonly number: number;
  readonly key: Key;
  readonly id: string;
  readonly start: number;
  end: number;
  /** the element that it has come to */
  element: number;
  /** as in `Batch`, the oldest of its events */
  policy: number;
  readonly cells: Scalar[];
  dropped: boolean;
}

export type Entry = Waiting | Match;

/** Events and the ends of matches by time, in a binary heap. What was dropped is left in it until it is most of it. */
export class Agenda {
  #heap: Entry[] = [];
  #dropped = 0;

  add(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (before(above, entry)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Takes the first one out if its time is before `time`. */
  take(time: number): Entry | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.at >= time) return undefined;
      this.#shift();
      if (!first.dropped) return first;
      this.#dropped--;
    }
  }

  drop(entry: Entry): void {
    entry.dropped = true;
    this.#dropped++;
    if (this.#dropped < 64 || this.#dropped * 2 < this.#heap.length) return;
    this.#heap = this.entries();
    this.#dropped = 0;
  }

  /** In order, which is a heap, too. */
  entries(): Entry[] {
    return this.#heap.filter(({ dropped }) => !dropped).sort((a, b) => (before(a, b) ? -1 : 1));
  }

  #shift(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      const below = heap[child] as Entry;
      if (before(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

/** An event at the very end of a match's time is still part of it. */
function before(a: Entry, b: Entry): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.kind === b.kind ? a.number < b.number : a.kind === "event";
}
