/** Why one event of a request was rejected: stable codes of `rejected[].code`, with the sentence that goes with each. */
export const EVENT_ERRORS = {
  "invalid-json": "The line is not JSON.",
  "duplicate-key": "The event, or its consent, has the same key twice.",
  "not-an-event": "An event is a JSON object.",
  "invalid-specversion": 'A CloudEvent has specversion "1.0".',
  "invalid-id": "id must be a string of 1 to 128 characters without control characters.",
  "invalid-type": "type must be a string of 1 to 128 characters without control characters.",
  "invalid-time": "time must be an RFC 3339 date-time.",
  "time-out-of-range": "time is too far from now for this source.",
  "invalid-subject": "subject must be a string of 1 to 512 characters without NUL, CR or LF.",
  "invalid-data": "data must be a JSON object.",
  "too-deep": "data is nested more than 16 levels deep.",
  "too-large": "The declared fields hold more than 64 Ki characters.",
  "field-type": "A declared field has a value of another type: ",
  "duplicate-id": "An earlier event of this request has the same id.",
} as const;

export type EventErrorCode = keyof typeof EVENT_ERRORS;

export interface Rejection {
  readonly index: number;
  readonly code: EventErrorCode;
  readonly message: string;
}

/** Stands in a request's list of events for one that could not be read at all. */
export class UnreadableEvent {
  readonly code: EventErrorCode;
  constructor(code: EventErrorCode) {
    this.code = code;
  }
}
