import { parseRfc3339 } from "../consent/rfc3339.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { UnreadableEvent, type EventErrorCode } from "./event-error.ts";
import type { SourcePlan } from "./plan.ts";

/** An event that has passed validation; `consent` is not judged yet. */
export interface ReadEvent {
  readonly id: string;
  readonly type: string;
  readonly time: number;
  readonly subject: string;
  readonly consent: unknown;
  readonly values: Scalar[];
}

/** `field` names the declared field of `field-type`. */
export interface EventFault {
  readonly code: EventErrorCode;
  readonly field?: string;
}

const MAX_NAME = 128;
const MAX_SUBJECT = 512;
const MAX_DEPTH = 16;
/** one event more than fills a frame (64 Ki) must stay below the hub's largest message (1 MB), each character escaped */
const MAX_CHARACTERS = 64 * 1024;
const DAY_MS = 86_400_000;
const TEN_YEARS_MS = 3653 * DAY_MS;
// oxlint-disable-next-line no-control-regex -- to refuse them is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
// oxlint-disable-next-line no-control-regex -- to refuse them is the point
const BREAKS = /[\u0000\r\n]/;

const fault = (code: EventErrorCode): EventFault => ({ code });

/** Checks one event of a source and reads its declared fields. */
export function readEvent(value: unknown, { source, application }: SourcePlan, now: number): ReadEvent | EventFault {
  if (value instanceof UnreadableEvent) return fault(value.code);
  if (!isObject(value)) return fault("not-an-event");
  const { id, type, time: timeText, subject, data, consent } = value;
  if (!isName(id)) return fault("invalid-id");
  if (!isName(type)) return fault("invalid-type");
  const time = typeof timeText === "string" ? parseRfc3339(timeText) : NaN;
  if (Number.isNaN(time)) return fault("invalid-time");
  // a log may be replayed long after; what a visitor does happens now
  const earliest = source.consentMode === "owner" ? 0 : now - TEN_YEARS_MS;
  const latest = source.consentMode === "owner" ? now + DAY_MS : now + TEN_YEARS_MS;
  if (time < earliest || time > latest) return fault("time-out-of-range");
  if (typeof subject !== "string" || subject.length === 0 || subject.length > MAX_SUBJECT || BREAKS.test(subject)) {
    return fault("invalid-subject");
  }
  const values = application.emptyRow.slice();
  if (data !== undefined) {
    if (!isObject(data)) return fault("invalid-data");
    if (deeperThan(data, MAX_DEPTH)) return fault("too-deep");
    const field = application.readFields(data, values);
    if (field !== undefined) return { code: "field-type", field };
    if (charactersOf(values) > MAX_CHARACTERS) return fault("too-large");
  } else if (Object.hasOwn(value, "data_base64")) {
    return fault("invalid-data");
  }
  if (application.subjectValue >= 0) values[application.subjectValue] = subject;
  return { id, type, time, subject, consent, values };
}

/** Whether a subject can be one; the consent of others can't be stored. */
export const isSubject = (subject: string): boolean =>
  subject.length > 0 && subject.length <= MAX_SUBJECT && !BREAKS.test(subject);

function charactersOf(values: readonly Scalar[]): number {
  let characters = 0;
  for (const value of values) if (typeof value === "string") characters += value.length;
  return characters;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isName = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= MAX_NAME && !CONTROL.test(value);

/** Recursion ends at `levels`, however deep the value is. */
function deeperThan(value: object, levels: number): boolean {
  if (levels === 0) return true;
  // for…in makes no array of keys; inherited ones do not exist in what JSON.parse made
  for (const key in value) {
    const member: unknown = (value as Readonly<Record<string, unknown>>)[key];
    if (typeof member === "object" && member !== null && deeperThan(member, levels - 1)) return true;
  }
  return false;
}
