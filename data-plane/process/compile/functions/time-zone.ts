const OFFSET = /^(?<sign>[+-]?)(?<hours>\d\d):(?<minutes>\d\d)$/;
/** Offsets have changed at quarters of an hour only, ever since zones have whole minutes. */
const QUARTER = 900_000;
const WHOLE_MINUTES_SINCE = Date.UTC(1972, 0, 1);
const MAX_QUARTERS = 10_000;
const MAX_ZONES = 100;

/** The offset of one zone at any time, in ms to add to UTC. */
type Zone = (ms: number) => number;

const zones = new Map<string, Zone | null>();

/** Local time as if it were UTC; NaN for a zone or a time that is not there. Of the time zone data of this release. */
export function localTime(ms: number, name: string): number {
  let zone = zones.get(name);
  if (zone === undefined) {
    // names may come from events
    if (zones.size >= MAX_ZONES) zones.clear();
    zones.set(name, (zone = makeZone(name)));
  }
  return zone === null || Number.isNaN(new Date(ms).getTime()) ? NaN : ms + zone(ms);
}

/** The time at which clocks in the zone show `local`; the later of two, and where there is none, the jump over it. */
export function fromLocalTime(local: number, name: string): number {
  const offsets = [local - 86_400_000, local + 86_400_000].map((ms) => localTime(ms, name) - ms);
  const candidates = offsets.map((offset) => local - offset).filter((ms) => localTime(ms, name) === local);
  return candidates.length > 0 ? Math.min(...candidates) : local - Math.min(...offsets);
}

function makeZone(name: string): Zone | null {
  const { sign, hours, minutes } = OFFSET.exec(name)?.groups ?? {};
  if (hours !== undefined) {
    const offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === "-" ? -1 : 1);
    return () => offset;
  }
  if (name === "UTC") return () => 0;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return null;
  }
  const known = new Map<number, number>();
  return (ms) => {
    if (ms < WHOLE_MINUTES_SINCE) return offsetAt(format, ms);
    const quarter = Math.floor(ms / QUARTER);
    let offset = known.get(quarter);
    if (offset === undefined) {
      if (known.size >= MAX_QUARTERS) known.clear();
      known.set(quarter, (offset = offsetAt(format, quarter * QUARTER)));
    }
    return offset;
  };
}

function offsetAt(format: Intl.DateTimeFormat, ms: number): number {
  const whole = Math.floor(ms / 1000) * 1000;
  const parts = Object.fromEntries(format.formatToParts(whole).map(({ type, value }) => [type, value]));
  const year = parts["era"] === "BC" ? 1 - Number(parts["year"]) : Number(parts["year"]);
  const local = new Date(0);
  local.setUTCFullYear(year, Number(parts["month"]) - 1, Number(parts["day"]));
  local.setUTCHours(Number(parts["hour"]), Number(parts["minute"]), Number(parts["second"]));
  return local.getTime() - whole;
}
