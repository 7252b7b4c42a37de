import { createHash } from "node:crypto";
import { LineError, type LineParser } from "./line-parser.ts";

const COMMON = String.raw`^(\S+) \S+ (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)`;
const COMBINED = new RegExp(String.raw`${COMMON} "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$`);
const COMMON_ONLY = new RegExp(`${COMMON}$`);
const REQUEST = /^(\S+) (\S+)(?: (\S+))?$/;
const TIME = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Apache's combined log format: common, then referrer and user agent. */
export const combinedLog: LineParser = (line, number) => {
  const found = COMBINED.exec(line);
  if (found === null) throw new LineError("not a line of the combined log format");
  const { data, ...envelope } = hit(found, line, number);
  return { ...envelope, data: { ...data, ...header("referrer", found[7]), ...header("user_agent", found[8]) } };
};

/** Apache's common log format. */
export const commonLog: LineParser = (line, number) => {
  const found = COMMON_ONLY.exec(line);
  if (found === null) throw new LineError("not a line of the common log format");
  return hit(found, line, number);
};

interface Hit {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly data: Record<string, unknown>;
}

function hit(found: RegExpExecArray, line: string, number: number): Hit {
  const [, address = "", , time = "", requestLine = "", status = "", bytes = ""] = found;
  const request = REQUEST.exec(requestLine);
  return {
    // the same line at the same place gives the same id, so that a second run repeats no event
    id: `${number}-${createHash("sha256").update(line).digest("base64url").slice(0, 22)}`,
    type: "http.request",
    time: rfc3339(time),
    subject: address,
    data: {
      request: request === null ? {} : requestFields(request),
      response: { status: Number(status), ...(bytes === "-" ? {} : { bytes: Number(bytes) }) },
      client: { ip: address },
    },
  };
}

function requestFields([, method, target = "", protocol]: RegExpExecArray): Record<string, string | undefined> {
  const query = target.indexOf("?");
  return {
    method,
    path: query < 0 ? target : target.slice(0, query),
    ...(query < 0 ? {} : { query: target.slice(query + 1) }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}

function header(name: string, value = "-"): object {
  return value === "-" ? {} : { [name]: value };
}

/** `17/May/2015:10:05:03 +0000` → `2015-05-17T10:05:03+00:00` */
function rfc3339(text: string): string {
  const found = TIME.exec(text);
  const month = MONTHS.indexOf(found?.[2] ?? "") + 1;
  if (found === null || month === 0) throw new LineError(`not a log time: ${text.slice(0, 40)}`);
  const [, day, , year, clock, zoneHours, zoneMinutes] = found;
  return `${year}-${String(month).padStart(2, "0")}-${day}T${clock}${zoneHours}:${zoneMinutes}`;
}
