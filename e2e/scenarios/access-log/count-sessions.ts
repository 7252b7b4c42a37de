import { readFileSync } from "node:fs";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const GAP_MS = 30 * 60_000;

/** Counts hits, visitors and sessions of a combined log by sorting it: shares no code with the platform. */
export function countSessions(file: string): { hits: number; visitors: number; sessions: number; longest: number } {
  const visits = new Map<string, number[]>();
  let hits = 0;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const found =
      /^(\S+) \S+ \S+ \[(\d+)\/(\w+)\/(\d+):(\d+):(\d+):(\d+) \+0000\] "[^"]*" \d+ (?:\d+|-) "[^"]*" "[^"]*"$/.exec(
        line,
      );
    if (found === null) continue;
    const [, address, day, month, year, hour, minute, second] = found;
    const at = Date.UTC(
      Number(year),
      MONTHS.indexOf(month ?? ""),
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    );
    visits.set(address ?? "", [...(visits.get(address ?? "") ?? []), at]);
    hits += 1;
  }
  let sessions = 0;
  let longest = 0;
  for (const times of visits.values()) {
    times.sort((a, b) => a - b);
    let length = 0;
    times.forEach((at, index) => {
      const before = times[index - 1];
      if (before === undefined || at - before > GAP_MS) {
        sessions += 1;
        length = 0;
      }
      length += 1;
      longest = Math.max(longest, length);
    });
  }
  return { hits, visitors: visits.size, sessions, longest };
}
