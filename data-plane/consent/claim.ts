import { parseRfc3339 } from "./rfc3339.ts";
import type { CarriedClaim } from "./gate.ts";
import { parseSignals } from "./signals.ts";

const MAX_PURPOSES = 64;
const MAX_NAME_LENGTH = 128;
const VERSION = /^[1-9]\d{0,8}$/;
const NAMES = new Set(["v", "given", "purposes", "level", "tcf", "gpc", "dnt", "wording"]);

/**
 * Reads an event's `consent`: `{purposes, policyVersion, givenAt}`, or as a CloudEvents attribute, which can only be a
 * string, `v=1;given=2026-11-24T10:00:00Z;purposes=analytics+marketing`. In place of the purposes stands the name of a
 * `level`, or nothing where an IAB TC string (`tcf`) says it all; with `gpc` and `dnt` it narrows them otherwise. `wording` names the
 * text of the policy that the subject saw.
 */
export function parseClaim(value: unknown): CarriedClaim {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return parseText(value);
  if (typeof value !== "object") return "malformed";
  const { purposes, policyVersion, givenAt, level, tcf, gpc, dnt, wording } = value as Record<string, unknown>;
  if (typeof policyVersion !== "number" || !Number.isSafeInteger(policyVersion) || policyVersion < 1)
    return "malformed";
  const given = typeof givenAt === "string" ? parseRfc3339(givenAt) : NaN;
  return checked(policyVersion, given, { purposes, level, tcf, gpc, dnt, wording });
}

function parseText(text: string): CarriedClaim {
  const parts = new Map<string, string>();
  for (const part of text.split(";", NAMES.size + 1)) {
    const at = part.indexOf("=");
    const name = part.slice(0, Math.max(at, 0));
    if (!NAMES.has(name) || parts.has(name)) return "malformed";
    parts.set(name, part.slice(at + 1));
  }
  const version = parts.get("v") ?? "";
  if (!VERSION.test(version)) return "malformed";
  const purposes = parts.get("purposes");
  return checked(Number(version), parseRfc3339(parts.get("given") ?? ""), {
    purposes: purposes === "" ? [] : purposes?.split("+", MAX_PURPOSES + 1),
    level: parts.get("level"),
    tcf: parts.get("tcf"),
    gpc: flag(parts.get("gpc")),
    dnt: flag(parts.get("dnt")),
    wording: parts.get("wording"),
  });
}

/** What is neither 1 nor 0 is refused as no flag. */
const flag = (text: string | undefined): unknown => (text === "1" ? true : text === "0" ? false : text);

interface Said {
  readonly purposes: unknown;
  readonly level: unknown;
  readonly tcf: unknown;
  readonly gpc: unknown;
  readonly dnt: unknown;
  readonly wording: unknown;
}

function checked(policyVersion: number, givenAt: number, said: Said): CarriedClaim {
  const { purposes, level, tcf, gpc, dnt, wording } = said;
  if (Number.isNaN(givenAt)) return "malformed";
  if (purposes !== undefined && !isNames(purposes)) return "malformed";
  if (wording !== undefined && !isText(wording)) return "malformed";
  const claim = { purposes: purposes ?? [], policyVersion, givenAt, ...(wording === undefined ? {} : { wording }) };
  if (purposes !== undefined && level === undefined && tcf === undefined && gpc === undefined && dnt === undefined) {
    return claim;
  }
  const signals = parseSignals(said);
  if (signals === "malformed") return "malformed";
  if (purposes !== undefined) return level === undefined ? { ...claim, signals } : "malformed";
  if (level === undefined) return tcf === undefined ? "malformed" : { ...claim, signals, fromTcf: true };
  return isText(level) ? { ...claim, signals, level } : "malformed";
}

const isText = (value: unknown): value is string => typeof value === "string" && value.length <= MAX_NAME_LENGTH;

function isNames(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_PURPOSES) return false;
  if (!value.every((one) => typeof one === "string")) return false;
  // who names a purpose twice has not asked the subject with care: no guess is made at what was meant
  return value.length < 2 || new Set(value).size === value.length;
}
