import { createHmac } from "node:crypto";
import type { FieldType, Policy, Purpose } from "@o2mc/schema/consent/policy.ts";
import type { TcfFacts } from "./tc-string.ts";
import { DAY_MS, type ClaimFacts, type EventFacts, type RequestFacts, type ValueFacts, type World } from "./world.ts";

/**
 * The policy once more, slow and plain, written from DESIGN.md §5 and from what schema/consent says of its types; it calls
 * nothing of the gate. It judges facts, not bytes: what was meant, not what a parser made of it.
 */
export interface Verdict {
  /** no event of the request is looked at */
  readonly refused: boolean;
  /** indices of the events that are no events */
  readonly rejected: readonly number[];
  /** rows that the lanes get, each as JSON, in no order */
  readonly rows: readonly string[];
  readonly permitted: number;
}

export interface Place {
  readonly source: string;
  readonly salt: string;
  /** of the sender, as `$ip` shows it */
  readonly ip: string;
}

/** Clocks may differ by five minutes; no generated time is near that. */
const SKEW_MS = 5 * 60_000;
const TEN_YEARS_MS = 3653 * DAY_MS;

export function judge(world: World, request: RequestFacts, place: Place): Verdict {
  const { source } = world;
  const rejected: number[] = [];
  const rows: string[] = [];
  let permitted = 0;
  const none = request.events.every((_, index) => readEvent(world, request, index) === "unreadable");
  if (!source.grant.granted || none) return { refused: true, rejected, rows, permitted };
  const ids = new Set<string>();
  request.events.forEach((_, index) => {
    const event = readEvent(world, request, index);
    if (typeof event === "string" || ids.has(event.id)) {
      rejected.push(index);
      return;
    }
    ids.add(event.id);
    const lanes = world.lanes.filter(({ purposes }) => maySee(world, request, event, purposes));
    if (lanes.length > 0) permitted++;
    for (const lane of lanes) {
      const cells = lane.fields.map(({ path }) => {
        const declared = world.policy.fields.find((field) => field.path === path);
        const visible = declared !== undefined && lane.purposes.every((purpose) => declared.purposes.includes(purpose));
        if (!visible) return [path, null];
        if (path === "$subject") return [path, event.subject];
        if (path === "$ip") return [path, place.ip];
        return [path, event.fields.get(path) ?? null];
      });
      const { id, type, time, subject } = event;
      rows.push(rowText(lane.id, [id, type, time, place.source, keyOf(place.salt, subject)], cells));
    }
  });
  return { refused: false, rejected, rows, permitted };
}

export const keyOf = (salt: string, subject: string): string =>
  createHmac("sha256", Buffer.from(salt, "hex")).update(subject).digest("base64url").slice(0, 22);

export const rowText = (lane: string, envelope: readonly unknown[], cells: readonly (readonly unknown[])[]): string =>
  JSON.stringify([lane, envelope, cells.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))]);

interface ReadEvent {
  readonly id: string;
  readonly type: string;
  /** epoch ms, where the request is at 0 */
  readonly time: number;
  readonly subject: string;
  readonly fields: ReadonlyMap<string, unknown>;
  readonly consent: ValueFacts | undefined;
}

/** "unreadable" = no JSON object stands there at all, which this generator never writes. */
function readEvent(world: World, { events }: RequestFacts, index: number): ReadEvent | "invalid" | "unreadable" {
  const event = events[index] as EventFacts;
  const names = event.map(([name]) => name);
  if (new Set(names).size < names.length) return "invalid";
  const members = new Map(event);
  const json = (name: string): unknown => {
    const value = members.get(name);
    return value !== undefined && "json" in value ? value.json : undefined;
  };
  const [id, type, subject, data] = [json("id"), json("type"), json("subject"), json("data")];
  const time = members.get("time");
  if (!isName(id) || !isName(type)) return "invalid";
  if (time === undefined || !("age" in time)) return "invalid";
  const ofOwner = world.source.consentMode === "owner";
  if (time.age < (ofOwner ? -DAY_MS : -TEN_YEARS_MS)) return "invalid";
  if (!ofOwner && time.age > TEN_YEARS_MS) return "invalid";
  // oxlint-disable-next-line no-control-regex -- that is what no subject has
  if (typeof subject !== "string" || subject.length < 1 || subject.length > 512 || /[\0\r\n]/.test(subject))
    return "invalid";
  if (isHalf(subject)) return "invalid";
  if (members.has("data") && !isObject(data)) return "invalid";
  const fields = new Map<string, unknown>();
  for (const { path, type: wanted } of world.policy.fields) {
    if (path.startsWith("$")) continue;
    const value = fieldOf(data, path, wanted, world.policy);
    if (value === MISFIT) return "invalid";
    fields.set(path, value);
  }
  return { id, type, time: -time.age, subject, fields, consent: members.get("consent") };
}

// oxlint-disable-next-line no-control-regex -- that is what no name has
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
/** a header that came twice is one with a comma */
const saysYes = (value = ""): boolean =>
  value
    .split(",")
    .map((one) => one.trim())
    .includes("1");
const isHalf = (text: string): boolean => /\p{Surrogate}/u.test(text);
const isName = (value: unknown): value is string =>
  typeof value === "string" && value.length >= 1 && value.length <= 128 && !CONTROL.test(value) && !isHalf(value);
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const MISFIT = Symbol("of another type than declared");

/** A declared field's value, null where the event has none, MISFIT where something else stands. */
function fieldOf(data: unknown, path: string, type: FieldType, { fields }: Policy): unknown {
  const declared = (prefix: string) => fields.find((field) => field.path === prefix);
  const keys = path.split(".");
  let at: unknown = data;
  for (const [depth, key] of keys.entries()) {
    if (at === undefined || at === null) return null;
    if (!isObject(at)) {
      const own = declared(keys.slice(0, depth).join("."));
      return own !== undefined && cellOf(at, own.type) !== MISFIT ? null : MISFIT;
    }
    at = Object.getOwnPropertyDescriptor(at, key)?.value;
  }
  if (at === undefined || at === null) return null;
  const cell = cellOf(at, type);
  const parent = fields.some((field) => field.path.startsWith(`${path}.`));
  return cell === MISFIT && parent && isObject(at) ? null : cell;
}

/** Half a surrogate pair has no UTF-8. */
const wellFormed = (text: string): string => Buffer.from(text, "utf8").toString("utf8");

function cellOf(value: unknown, type: FieldType): unknown {
  if (type === "string") return typeof value === "string" ? wellFormed(value) : MISFIT;
  if (type === "boolean") return typeof value === "boolean" ? value : MISFIT;
  if (type === "number") return typeof value === "number" ? value : MISFIT;
  if (type === "integer") return Number.isSafeInteger(value) ? value : MISFIT;
  const isTime = typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value);
  return isTime ? Date.parse(value) : MISFIT;
}

/** Whether this event may be used for all of these purposes. */
function maySee(world: World, request: RequestFacts, event: ReadEvent, lane: readonly string[]): boolean {
  const { policy, source } = world;
  const purposes = policy.purposes.filter(({ name }) => lane.includes(name));
  // nobody uses data for nothing, nor for what no policy names
  if (lane.length === 0 || purposes.length !== new Set(lane).size) return false;
  // proof of consent is nobody's to send
  if (lane.some((name) => name === policy.receiptsPurpose)) return false;
  const stored = world.states.find(([subject]) => subject === event.subject)?.[1];
  const browser = { gpc: saysYes(request.gpc), dnt: saysYes(request.dnt) };
  if (purposes.some((purpose) => refuses(purpose, browser))) return false;
  // what is stored only narrows; a withdrawal is a state without purposes
  if (stored !== undefined && !covers(stored, purposes, policy)) return false;
  if (source.consentMode === "owner") return lane.every((name) => source.grant.purposes.includes(name));

  if (event.consent === undefined || ("json" in event.consent && event.consent.json === null)) {
    return stored !== undefined && stored.purposes.every((name) => isKnown(name, policy));
  }
  // what the generator wrote as anything but a claim is none
  if (!("claim" in event.consent)) return false;
  const { claim } = event.consent;
  if (claim.wording !== undefined && !policy.wordings?.some(({ id }) => id === claim.wording)) return false;
  const said = purposesOf(claim, policy);
  if (said === undefined || !said.every((name) => isKnown(name, policy))) return false;
  // a text has its numbers as text
  const policyVersion = claim.as === "text" ? Number(claim.policyVersion) : claim.policyVersion;
  const tcf = claim.tcf === "invalid" ? undefined : claim.tcf;
  if (tcf?.future === true) return false;
  if (!covers({ purposes: said, policyVersion, age: claim.age as number }, purposes, policy)) return false;
  const signals = { gpc: claim.gpc === true, dnt: claim.dnt === true, ...(tcf && { tcf }) };
  return !purposes.some((purpose) => refuses(purpose, signals));
}

const isKnown = (name: string, policy: Policy): boolean => policy.purposes.some((purpose) => purpose.name === name);

/** A consent covers purposes that it names, under the same policy, from when it was given until the shortest lifetime ends. */
function covers(
  { purposes, policyVersion, age }: { purposes: readonly string[]; policyVersion: unknown; age: number },
  wanted: readonly Purpose[],
  policy: Policy,
): boolean {
  return (
    policyVersion === policy.version &&
    age >= -SKEW_MS &&
    wanted.every(({ name, lifetimeDays }) => purposes.includes(name) && age < lifetimeDays * DAY_MS)
  );
}

/** The purposes that a claim states; undefined when it is no claim. */
function purposesOf(claim: ClaimFacts, policy: Policy): readonly string[] | undefined {
  const { as, purposes, level, policyVersion, age, tcf, extra } = claim;
  if (age === undefined || tcf === "invalid") return undefined;
  if (as === "text" && (extra === true || String(policyVersion) !== String(policy.version))) return undefined;
  if (as === "text" && purposes !== undefined && purposes.join("+") === "") return [];
  if (purposes !== undefined && (level !== undefined || new Set(purposes).size < purposes.length)) return undefined;
  if (purposes !== undefined) return purposes;
  if (level !== undefined) return policy.levels?.find(({ name }) => name === level)?.purposes;
  if (tcf === undefined) return undefined;
  const { purposes: all } = policy;
  return all
    .filter((purpose) => purpose.signals?.tcf != null && !refuses(purpose, { gpc: false, dnt: false, tcf }))
    .map(({ name }) => name);
}

interface SignalFacts {
  readonly gpc: boolean;
  readonly dnt: boolean;
  readonly tcf?: TcfFacts;
}

/** Signals only ever deny. Where the policy is silent, GPC and DNT refuse what the law lets a subject refuse. */
function refuses({ legalBasis, signals }: Purpose, { gpc, dnt, tcf }: SignalFacts): boolean {
  const refusable = legalBasis === "consent" || legalBasis === "legitimate-interests" || legalBasis === "public-task";
  const heeds = (effect: "deny" | "ignore" | undefined): boolean =>
    effect === undefined ? refusable : effect === "deny";
  if (gpc && heeds(signals?.gpc)) return true;
  if (dnt && heeds(signals?.dnt)) return true;
  const meaning = signals?.tcf;
  if (tcf === undefined || meaning == null) return false;
  const { vendor } = meaning;
  return !meaning.purposes.every((purpose) => {
    const consented = tcf.consent.includes(purpose) && (vendor === null || tcf.vendors.includes(vendor));
    const interest = tcf.interest.includes(purpose) && (vendor === null || tcf.interestVendors.includes(vendor));
    return consented || (legalBasis === "legitimate-interests" && interest);
  });
}
