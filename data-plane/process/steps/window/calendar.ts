import { fromLocalTime, localTime } from "../../compile/functions/time-zone.ts";

export type CalendarUnit = "day" | "week" | "month" | "quarter" | "year";

const DAY = 86_400_000;
/** 1970-01-01 was a Thursday */
const MONDAY_OFFSET = 3;

/** When the unit that `time` is in begins and the next one does, by the clocks of a time zone; NaN for a time beyond the calendar. */
export function calendarBounds(time: number, unit: CalendarUnit, zone: string): { start: number; end: number } {
  const local = localTime(time, zone);
  return { start: fromLocal(startOf(local, unit, 0), zone), end: fromLocal(startOf(local, unit, 1), zone) };
}

const fromLocal = (local: number, zone: string): number => (Number.isNaN(local) ? NaN : fromLocalTime(local, zone));

/** In local time: of the unit that `local` is in, or of the one so many later. */
function startOf(local: number, unit: CalendarUnit, later: 0 | 1): number {
  if (Number.isNaN(local)) return NaN;
  const day = Math.floor(local / DAY);
  const at = new Date(local);
  const year = at.getUTCFullYear();
  const month = at.getUTCMonth();
  switch (unit) {
    case "day":
      return (day + later) * DAY;
    case "week":
      return (day - ((((day + MONDAY_OFFSET) % 7) + 7) % 7) + 7 * later) * DAY;
    case "month":
      return firstOf(year, month + later);
    case "quarter":
      return firstOf(year, month - (month % 3) + 3 * later);
    case "year":
      return firstOf(year + later, 0);
  }
}

/** Not Date.UTC, which takes a year below 100 for one of the last century. */
function firstOf(year: number, month: number): number {
  const first = new Date(0);
  first.setUTCFullYear(year, month, 1);
  return first.getTime();
}
