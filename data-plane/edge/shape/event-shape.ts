import type { FieldDeclaration, FieldType } from "@o2mc/schema/consent/policy.ts";

export type Cell = string | number | boolean;

/** A string, number or boolean of an event, and the bytes from the one before it up to it; a string's quotes are among them. */
export interface Slot {
  readonly before: Literal;
  readonly kind: "text" | "number" | "flag";
  /** which of the event's cells takes its value; -1 = nobody may see it */
  readonly cell: number;
}

export interface Literal {
  readonly bytes: Uint8Array;
  /** the same, to be compared by words */
  readonly view: DataView;
}

/**
 * What all events of one make have in common: the bytes of their JSON but for strings, numbers and booleans. Most senders
 * send few shapes, and to compare bytes is a third of the work of JSON.parse, which makes objects of what nobody may see.
 */
export interface EventShape {
  readonly slots: readonly Slot[];
  readonly after: Literal;
  /** how many cells an event has, and where its parts stand among them */
  readonly cells: number;
  readonly id: number;
  readonly type: number;
  readonly time: number;
  readonly subject: number;
  readonly consent: ConsentCells | number | undefined;
  readonly fields: readonly { readonly cell: number; readonly index: number; readonly type: FieldType }[];
  /** equal for equal shapes */
  readonly signature: string;
}

export interface ConsentCells {
  readonly purposes: readonly number[];
  readonly policyVersion: number;
  readonly givenAt: number;
}

const MAX_SLOTS = 256;
const MAX_BYTES = 8 * 1024;
/** what nobody reads, beside `data`, may be nested without end */
const MAX_DEPTH = 24;

/**
 * The shape of an event that is valid for a source of these declared fields; undefined when it is better parsed each time. What is fixed by the
 * shape (which parts there are, of which JSON type, how deep) has been judged with this one event.
 */
export function shapeOf(event: unknown, declared: readonly FieldDeclaration[]): EventShape | undefined {
  const fields = new Map<string, { readonly index: number; readonly type: FieldType }>();
  declared.forEach(({ path, type }, index) => {
    if (!path.startsWith("$")) fields.set(JSON.stringify(["data", ...path.split(".")]), { index, type });
  });
  const slots: Slot[] = [];
  const found = new Map<string, number>();
  const seen: { cell: number; index: number; type: FieldType }[] = [];
  let cells = 0;
  let signature = "";
  let before = "";

  const slot = (kind: Slot["kind"], path: readonly string[] | undefined): void => {
    let cell = -1;
    const key = path === undefined ? "" : JSON.stringify(path);
    const field = fields.get(key);
    if (field !== undefined) seen.push({ cell: (cell = cells++), ...field });
    else if (path !== undefined && isEnvelope(path)) found.set(key, (cell = cells++));
    slots.push({ before: literal(before), kind, cell });
    signature += `${before}\n${kind}\n`;
    before = "";
  };
  /** `path` is undefined below arrays, where no field can be declared */
  const walk = (value: unknown, path: readonly string[] | undefined, depth: number): boolean => {
    if (depth > MAX_DEPTH) return false;
    if (typeof value === "string") {
      before += '"';
      slot("text", path);
      before += '"';
    } else if (typeof value === "number" || typeof value === "boolean") {
      slot(typeof value === "number" ? "number" : "flag", path);
    } else if (Array.isArray(value)) {
      before += "[";
      const inConsent = path?.length === 2 && path[0] === "consent" && path[1] === "purposes";
      const whole = value.every((member, i) => {
        if (i > 0) before += ",";
        return walk(member, inConsent ? [...path, String(i)] : undefined, depth + 1);
      });
      before += "]";
      return whole;
    } else if (value === null) {
      before += "null";
    } else {
      before += "{";
      const members = Object.entries(value as object);
      const whole = members.every(([name, member], i) => {
        before += `${i > 0 ? "," : ""}${JSON.stringify(name)}:`;
        return name !== "__proto__" && walk(member, path && [...path, name], depth + 1);
      });
      before += "}";
      return whole;
    }
    return slots.length <= MAX_SLOTS;
  };

  if (!walk(event, [], 0) || signature.length + before.length > MAX_BYTES) return undefined;
  const cellOf = (...path: string[]): number => found.get(JSON.stringify(path)) ?? -1;
  const consent = consentCells((event as { readonly consent?: unknown }).consent, cellOf);
  if (consent === "other") return undefined;
  return {
    slots,
    after: literal(before),
    cells,
    id: cellOf("id"),
    type: cellOf("type"),
    time: cellOf("time"),
    subject: cellOf("subject"),
    consent,
    fields: seen,
    signature: signature + before,
  };
}

const isEnvelope = (path: readonly string[]): boolean =>
  path[0] === "consent" || (path.length === 1 && ["id", "type", "time", "subject"].includes(path[0] ?? ""));

function consentCells(
  consent: unknown,
  cellOf: (...path: string[]) => number,
): ConsentCells | number | undefined | "other" {
  if (consent === undefined || consent === null) return undefined;
  if (typeof consent === "string") return cellOf("consent");
  if (typeof consent !== "object") return "other";
  const { purposes, policyVersion, givenAt, ...others } = consent as Readonly<Record<string, unknown>>;
  // signals narrow what the purposes say: they must not be lost on the way to the gate
  if (Object.keys(others).length > 0) return "other";
  if (!Array.isArray(purposes) || !purposes.every((name) => typeof name === "string")) return "other";
  if (typeof policyVersion !== "number" || typeof givenAt !== "string") return "other";
  return {
    purposes: purposes.map((_, i) => cellOf("consent", "purposes", String(i))),
    policyVersion: cellOf("consent", "policyVersion"),
    givenAt: cellOf("consent", "givenAt"),
  };
}

function literal(text: string): Literal {
  const bytes = new TextEncoder().encode(text);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}
