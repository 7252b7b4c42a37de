import type { WindowOptions } from "@o2mc/schema/pipeline/steps/window.ts";
import { calendarBounds, type CalendarUnit } from "./calendar.ts";

/** Which windows a time is in, for kinds whose windows are the same for all groups. */
export interface Windowing {
  /** no window is longer, ms */
  readonly longest: number;
  /** Moves to the last window that `time` is in; false when there is none, as time is beyond the calendar. */
  moveTo(time: number): boolean;
  /** Moves to the one that began before it, if it has `time` in it too. */
  moveBack(time: number): boolean;
  readonly start: number;
  readonly end: number;
  /** when the next one begins: times up to that are in the same windows, if `overlap` says how many */
  readonly next: number;
  /** windows that every time is in; 0 = not the same number for all */
  readonly overlap: number;
}

export function createWindowing(options: WindowOptions): Windowing {
  const { kind = "tumbling", sizeSeconds = 1, everySeconds = sizeSeconds, unit = "day", timeZone = "UTC" } = options;
  if (kind === "calendar") return new Calendar(unit, timeZone);
  return new Regular(sizeSeconds * 1000, everySeconds * 1000);
}

/** Tumbling and sliding windows, aligned to the epoch. */
class Regular implements Windowing {
  readonly longest: number;
  readonly #every: number;
  start = NaN;
  end = NaN;

  readonly overlap: number;

  constructor(size: number, every: number) {
    this.longest = size;
    this.#every = every;
    this.overlap = size % every === 0 ? size / every : 0;
  }

  get next(): number {
    return this.start + this.#every;
  }

  moveTo(time: number): boolean {
    this.start = Math.floor(time / this.#every) * this.#every;
    this.end = this.start + this.longest;
    return true;
  }

  moveBack(time: number): boolean {
    if (this.end - this.#every <= time) return false;
    this.start -= this.#every;
    this.end -= this.#every;
    return true;
  }
}

const LONGEST_DAYS = { day: 1, week: 7, month: 31, quarter: 92, year: 366 } as const;
/** a zone has been moved over the date line, so that a day was missing or came twice */
const DAY = 86_400_000;

/** Units of the calendar in a time zone. Rows mostly come for the window that the one before was in. */
class Calendar implements Windowing {
  readonly longest: number;
  readonly #unit: CalendarUnit;
  readonly #zone: string;
  readonly overlap = 1;
  start = NaN;
  end = NaN;

  constructor(unit: CalendarUnit, zone: string) {
    this.longest = (LONGEST_DAYS[unit] + 1) * DAY;
    this.#unit = unit;
    this.#zone = zone;
  }

  moveTo(time: number): boolean {
    if (time >= this.start && time < this.end) return true;
    const { start, end } = calendarBounds(time, this.#unit, this.#zone);
    this.start = start;
    this.end = end;
    return !Number.isNaN(start + end);
  }

  get next(): number {
    return this.end;
  }

  moveBack(): boolean {
    return false;
  }
}
