import { parseRfc3339 } from "../consent/rfc3339.ts";
import type { DeployedSource, Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { UnreadableEvent, type EventErrorCode } from "./event-error.ts";
import { scalarOf, type FieldReader } from "./field-reader.ts";
import type { Cell, EventShape } from "./shape/event-shape.ts";
import type { Subject, Subjects } from "./subject-key.ts";

/** What of a source's plan its events are checked by. */
export interface SourceRules {
  readonly source: DeployedSource;
  readonly application: ApplicationRules;
}

export interface ApplicationRules {
  readonly deployment: Deployment;
  /** one null per declared field, to be copied */
  readonly emptyRow: readonly Scalar[];
  readonly readFields: FieldReader;
  /** where `$subject` stands among the values; -1 when not declared */
  readonly subjectValue: number;
  readonly subjects: Subjects;
}

/** One valid event; `values` are the declared fields, in the policy's order. */
export interface EventRow {
  readonly id: string;
  readonly type: string;
  /** epoch ms */
  readonly time: number;
  readonly source: string;
  readonly subject: Subject;
  readonly values: readonly Scalar[];
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
const BREAKS = /[\u0000\r\n]/;

const fault = (code: EventErrorCode): EventFault => ({ code });

/** Checks the events of one source, one after the other, and is the row of the one that it has read last. */
export class EventReader implements EventRow {
  readonly source: string;
  readonly values: Scalar[];
  id = "";
  type = "";
  time = 0;
  subject: Subject;
  /** not judged yet */
  consent: unknown;
  readonly #rules: SourceRules;
  readonly #earliest: number;
  readonly #latest: number;

  constructor(rules: SourceRules, now: number) {
    this.#rules = rules;
    this.source = rules.source.id;
    this.values = rules.application.emptyRow.slice();
    this.subject = NOBODY;
    // a log may be replayed long after; what a visitor does happens now
    const ofOwner = rules.source.consentMode === "owner";
    this.#earliest = ofOwner ? 0 : now - TEN_YEARS_MS;
    this.#latest = ofOwner ? now + DAY_MS : now + TEN_YEARS_MS;
  }

  /** undefined = the event is valid, and this is its row until the next one is read. */
  read(value: unknown): EventFault | undefined {
    if (value instanceof UnreadableEvent) return fault(value.code);
    if (!isObject(value)) return fault("not-an-event");
    const { id, type, time, subject, data, consent } = value;
    const wrong = this.#envelope(id, type, time, subject);
    if (wrong !== undefined) return fault(wrong);
    const { application } = this.#rules;
    const { values } = this;
    for (let i = 0; i < values.length; i++) values[i] = null;
    if (data !== undefined) {
      if (!isObject(data)) return fault("invalid-data");
      if (deeperThan(data, MAX_DEPTH)) return fault("too-deep");
      const field = application.readFields(data, values);
      if (field !== undefined) return { code: "field-type", field };
      if (charactersOf(values) > MAX_CHARACTERS) return fault("too-large");
    } else if (Object.hasOwn(value, "data_base64")) {
      return fault("invalid-data");
    }
    if (application.subjectValue >= 0) values[application.subjectValue] = subject as string;
    this.consent = consent;
    return undefined;
  }

  /**
   * The same for an event of a known shape, whose values are the `cells` from `at` on; false = it has a fault, which `read`
   * names.
   */
  readCells(shape: EventShape, cells: readonly Cell[], at: number): boolean {
    const subject = cells[at + shape.subject];
    if (this.#envelope(cells[at + shape.id], cells[at + shape.type], cells[at + shape.time], subject) !== undefined) {
      return false;
    }
    const { values } = this;
    const { application } = this.#rules;
    for (let i = 0; i < values.length; i++) values[i] = null;
    const { fields, consent } = shape;
    let characters = 0;
    for (let i = 0; i < fields.length; i++) {
      const { cell, index, type } = fields[i] as EventShape["fields"][number];
      const scalar = scalarOf(cells[at + cell], type);
      if (scalar === undefined) return false;
      if (typeof scalar === "string") characters += scalar.length;
      values[index] = scalar;
    }
    if (characters > MAX_CHARACTERS) return false;
    if (application.subjectValue >= 0) values[application.subjectValue] = subject as string;
    if (typeof consent === "object") {
      const { purposes, policyVersion, givenAt } = consent;
      this.consent = {
        purposes: purposes.map((cell) => cells[at + cell]),
        policyVersion: cells[at + policyVersion],
        givenAt: cells[at + givenAt],
      };
    } else {
      this.consent = consent === undefined ? undefined : cells[at + consent];
    }
    return true;
  }

  #envelope(id: unknown, type: unknown, timeText: unknown, subject: unknown): EventErrorCode | undefined {
    if (!isName(id)) return "invalid-id";
    // one string for all that are alike, which is what a frame's dictionary looks at first
    if (type !== this.type || type === "") {
      if (!isName(type)) return "invalid-type";
      this.type = type;
    }
    const time = typeof timeText === "string" ? parseRfc3339(timeText) : NaN;
    if (Number.isNaN(time)) return "invalid-time";
    if (time < this.#earliest || time > this.#latest) return "time-out-of-range";
    if (typeof subject !== "string") return "invalid-subject";
    const { subjects } = this.#rules.application;
    let known = subjects.known(subject);
    if (known === undefined) {
      if (!isSubject(subject)) return "invalid-subject";
      known = subjects.get(subject);
    }
    this.id = id;
    this.time = time;
    this.subject = known;
    return undefined;
  }
}

const NOBODY: Subject = { key: "", partition: () => 0 };

/**
 * Whether a subject can be one; the consent of others can't be stored. Half a surrogate pair has no UTF-8: every such
 * subject would have the key, and so the consent, of the one that has U+FFFD there.
 */
export const isSubject = (subject: string): boolean =>
  subject.length > 0 && subject.length <= MAX_SUBJECT && !BREAKS.test(subject) && subject.isWellFormed();

function charactersOf(values: readonly Scalar[]): number {
  let characters = 0;
  for (const value of values) if (typeof value === "string") characters += value.length;
  return characters;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * 1 to 128 characters, none of them a control character (C0, DEL, C1) or half a surrogate pair: as UTF-8 two ids that
 * differ in nothing else would be one, and the second event dropped as sent again.
 */
function isName(value: unknown): value is string {
  if (typeof value !== "string" || value.length === 0 || value.length > MAX_NAME) return false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false;
  }
  return value.isWellFormed();
}

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
