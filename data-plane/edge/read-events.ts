import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import { parsedEvents, type EventList } from "./gate-events.ts";
import { MAX_EVENTS, parseEvents, type Format } from "./parse-events.ts";
import type { SourcePlan } from "./plan.ts";
import { Problem } from "./problem.ts";
import { matchEvents } from "./shape/match-events.ts";

/** The events of a body: by the shapes that are known of its source, else parsed. Throws a Problem when nothing can be read. */
export function readEvents(body: Buffer, format: Format, headers: IncomingHttpHeaders, plan: SourcePlan): EventList {
  if (!isUtf8(body)) throw new Problem("invalid-utf8");
  if (format !== "json" || headers["ce-specversion"] !== undefined)
    return parsedEvents(parseEvents(body, format, headers));
  const matched = matchEvents(body, plan.shapes.all);
  if (typeof matched !== "number" && matched.length <= MAX_EVENTS) return matched;
  const events = parseEvents(body, format, headers);
  if (typeof matched === "number") plan.shapes.learn(events[matched], plan, Date.now());
  return parsedEvents(events);
}
