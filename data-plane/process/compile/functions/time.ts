import type { time } from "@o2mc/schema/expression/functions/time.ts";
import type { Implementations } from "./implementation.ts";
import { fromLocalTime, localTime } from "./time-zone.ts";
import { inRange } from "./time-range.ts";

const DAY = 86_400_000;

const year = (ms: number): number => new Date(ms).getUTCFullYear();
const month = (ms: number): number => new Date(ms).getUTCMonth();
const date = (ms: number): number => new Date(ms).getUTCDate();
const dayOfWeek = (ms: number): number => new Date(ms).getUTCDay();
const hours = (ms: number): number => new Date(ms).getUTCHours();
const minutes = (ms: number): number => new Date(ms).getUTCMinutes();
const seconds = (ms: number): number => new Date(ms).getUTCSeconds();
const milliseconds = (ms: number): number => new Date(ms).getUTCMilliseconds();
const dayOfYear = (ms: number): number => Math.floor((ms - startOf(ms, "year")) / DAY);
const whole = (value: number): number => Math.trunc(value) + 0;

/** Of local times that are told as if they were UTC. */
function startOf(ms: number, unit: string): number {
  const day = Math.floor(ms / DAY) * DAY;
  switch (unit) {
    case "hour":
      return Math.floor(ms / 3_600_000) * 3_600_000;
    case "day":
      return day;
    case "week":
      return day - ((dayOfWeek(day) + 6) % 7) * DAY;
    case "month":
      return day - (date(day) - 1) * DAY;
    default: {
      const first = new Date(day);
      first.setUTCMonth(0, 1);
      return first.getTime();
    }
  }
}

export const TIME: Implementations<(typeof time)["functions"][number]["signatures"][number]> = {
  "timestamp.getFullYear(): integer": year,
  "timestamp.getFullYear(zone): integer": (ms, zone) => year(localTime(ms, zone)),
  "timestamp.getMonth(): integer": month,
  "timestamp.getMonth(zone): integer": (ms, zone) => month(localTime(ms, zone)),
  "timestamp.getDate(): integer": date,
  "timestamp.getDate(zone): integer": (ms, zone) => date(localTime(ms, zone)),
  "timestamp.getDayOfMonth(): integer": (ms) => date(ms) - 1,
  "timestamp.getDayOfMonth(zone): integer": (ms, zone) => date(localTime(ms, zone)) - 1,
  "timestamp.getDayOfWeek(): integer": dayOfWeek,
  "timestamp.getDayOfWeek(zone): integer": (ms, zone) => dayOfWeek(localTime(ms, zone)),
  "timestamp.getDayOfYear(): integer": dayOfYear,
  "timestamp.getDayOfYear(zone): integer": (ms, zone) => dayOfYear(localTime(ms, zone)),
  "timestamp.getHours(): integer": hours,
  "timestamp.getHours(zone): integer": (ms, zone) => hours(localTime(ms, zone)),
  "duration.getHours(): integer": (ms) => whole(ms / 3_600_000),
  "timestamp.getMinutes(): integer": minutes,
  "timestamp.getMinutes(zone): integer": (ms, zone) => minutes(localTime(ms, zone)),
  "duration.getMinutes(): integer": (ms) => whole(ms / 60_000),
  "timestamp.getSeconds(): integer": seconds,
  "timestamp.getSeconds(zone): integer": (ms, zone) => seconds(localTime(ms, zone)),
  "duration.getSeconds(): integer": (ms) => whole(ms / 1000),
  "timestamp.getMilliseconds(): integer": milliseconds,
  "timestamp.getMilliseconds(zone): integer": (ms, zone) => milliseconds(localTime(ms, zone)),
  "duration.getMilliseconds(): integer": whole,
  "date.iso(timestamp, zone): string": (ms, zone) => {
    const local = inRange(localTime(ms, zone));
    return Number.isNaN(local) ? null : new Date(local).toISOString().slice(0, 10);
  },
  "date.startOf(timestamp, unit, zone): timestamp": (ms, unit, zone) => {
    const local = localTime(ms, zone);
    // an hour that clocks show twice begins twice
    if (unit === "hour") return inRange(ms - (local - startOf(local, "hour")));
    return inRange(fromLocalTime(startOf(local, unit), zone));
  },
};
