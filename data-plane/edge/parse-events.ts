import type { IncomingHttpHeaders } from "node:http";
import { ambiguousEvents } from "./ambiguous-events.ts";
import { UnreadableEvent } from "./event-error.ts";
import { Problem } from "./problem.ts";

export const MAX_EVENTS = 10_000;

export type Format = "json" | "ndjson" | "cloudevent" | "cloudevent-batch";

const FORMATS: ReadonlyMap<string, Format> = new Map([
  ["application/json", "json"],
  ["application/x-ndjson", "ndjson"],
  ["application/ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  ["application/cloudevents+json", "cloudevent"],
  ["application/cloudevents-batch+json", "cloudevent-batch"],
]);

/** The format of a request by its Content-Type; throws a Problem when it is none of ours. */
export function formatOf(headers: IncomingHttpHeaders): Format {
  const [media = "", ...parameters] = (headers["content-type"] ?? "").toLowerCase().split(";");
  const format = FORMATS.get(media.trim());
  const charset = parameters.map((parameter) => parameter.trim()).find((text) => text.startsWith("charset="));
  if (format === undefined || (charset !== undefined && !/^charset="?utf-8"?$/.test(charset))) {
    throw new Problem("unsupported-media-type");
  }
  return format;
}

/**
 * The events of a body in UTF-8, unchecked: one object, an array, NDJSON, or CloudEvents in structured, batch or binary mode. One
 * that cannot be read stands there as an UnreadableEvent, for its neighbours go on. Throws a Problem when nothing can be
 * read.
 */
export function parseEvents(body: Buffer, format: Format, headers: IncomingHttpHeaders): readonly unknown[] {
  const text = body.toString("utf8");
  if (format === "ndjson") return checked(text.split("\n").flatMap(parseLine));
  // in binary mode the attributes are headers and the body is the data alone
  if (format === "json" && headers["ce-specversion"] !== undefined) return [binaryEvent(text, headers)];
  const value = parseJson(text);
  const events = refuseAmbiguous(Array.isArray(value) ? value : [value], text);
  if (format === "json") return checked(events);
  if ((format === "cloudevent-batch") !== Array.isArray(value)) throw new Problem("no-events");
  // an empty batch is a valid one
  return events.length === 0 ? events : checked(events.map(cloudEvent));
}

function checked(events: readonly unknown[]): readonly unknown[] {
  if (events.length > MAX_EVENTS) throw new Problem("too-many-events", { detail: `At most ${MAX_EVENTS} a request.` });
  const some = events.some((event) => typeof event === "object" && event !== null && !Array.isArray(event));
  if (!some) throw new Problem("no-events");
  return events;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // the parser's own words would quote the body
    throw new Problem("invalid-json", { cause });
  }
}

function refuseAmbiguous(events: readonly unknown[], text: string): readonly unknown[] {
  const ambiguous = ambiguousEvents(text);
  if (ambiguous.size === 0) return events;
  return events.map((event, index) => (ambiguous.has(index) ? new UnreadableEvent("duplicate-key") : event));
}

function parseLine(line: string): readonly unknown[] {
  if (line.trim() === "") return [];
  try {
    return refuseAmbiguous([JSON.parse(line)], line);
  } catch {
    return [new UnreadableEvent("invalid-json")];
  }
}

function cloudEvent(event: unknown): unknown {
  if (event instanceof UnreadableEvent) return event;
  const version = typeof event === "object" && event !== null && "specversion" in event ? event.specversion : undefined;
  return version === "1.0" ? event : new UnreadableEvent("invalid-specversion");
}

function binaryEvent(text: string, headers: IncomingHttpHeaders): unknown {
  return cloudEvent({
    specversion: attribute(headers, "specversion"),
    id: attribute(headers, "id"),
    type: attribute(headers, "type"),
    time: attribute(headers, "time"),
    subject: attribute(headers, "subject"),
    consent: attribute(headers, "consent"),
    ...(text === "" ? {} : { data: parseJson(text) }),
  });
}

function attribute(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[`ce-${name}`];
  if (typeof value !== "string") return undefined;
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw new Problem("invalid-header", { detail: `ce-${name}`, cause });
  }
}
