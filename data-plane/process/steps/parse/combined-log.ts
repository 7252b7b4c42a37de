import type { Scalar } from "@o2mc/schema/events/frame.ts";

// linear: what comes after each part is none of its own characters
const LINE =
  /^(\S+) \S+ (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?\s*$/;
const TIME = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The parts of a line in the order of `FIXED_COLUMNS`; a `-` is null. Apache's `%h %l %u %t "%r" %>s %b`, with or without the two headers. */
export function combinedLog(text: string): readonly Scalar[] | undefined {
  const match = LINE.exec(text);
  if (match === null) return undefined;
  const [, address = "", user = "", time = "", request = "", status = "", bytes = "", referrer = "-", agent = "-"] =
    match;
  // what a client sent need not be a request
  const [method, path, protocol, more] = request.split(" ");
  const whole = path !== undefined && more === undefined;
  return [
    address,
    known(user),
    timeOf(time),
    whole ? (method ?? null) : null,
    whole ? unescaped(path) : null,
    whole ? (protocol ?? null) : null,
    status === "-" ? null : Number(status),
    bytes === "-" ? null : Number(bytes),
    known(referrer),
    known(agent),
  ];
}

const known = (part: string): string | null => (part === "-" ? null : unescaped(part));

const unescaped = (part: string): string => part.replaceAll(/\\(["\\])/g, "$1");

/** epoch ms */
function timeOf(text: string): number | null {
  const [, day, month = "", year, hours, minutes, seconds, sign, zoneHours, zoneMinutes] = TIME.exec(text) ?? [];
  const at = MONTHS.indexOf(month);
  if (at < 0) return null;
  const local = Date.UTC(Number(year), at, Number(day), Number(hours), Number(minutes), Number(seconds));
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return sign === "+" ? local - offset : local + offset;
}
