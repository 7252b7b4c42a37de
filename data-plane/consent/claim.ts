import type { ConsentClaim } from "@o2mc/schema/consent/decision.ts";
import { parseRfc3339 } from "./rfc3339.ts";
import type { CarriedClaim } from "./gate.ts";

const MAX_PURPOSES = 64;
const VERSION = /^[1-9]\d{0,8}$/;
const NAMES = new Set(["v", "given", "purposes"]);

/**
 * Reads an event's `consent`: `{purposes, policyVersion, givenAt}`, or as a CloudEvents attribute, which can only be a
 * string, `v=1;given=2026-11-24T10:00:00Z;purposes=analytics+marketing`.
 */
export function parseClaim(value: unknown): CarriedClaim {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return parseText(value);
  if (typeof value !== "object") return "malformed";
  const { purposes, policyVersion, givenAt } = value as Record<string, unknown>;
  if (!Array.isArray(purposes) || purposes.length > MAX_PURPOSES) return "malformed";
  if (!purposes.every((purpose): purpose is string => typeof purpose === "string")) return "malformed";
  if (typeof policyVersion !== "number" || !Number.isSafeInteger(policyVersion) || policyVersion < 1)
    return "malformed";
  const given = typeof givenAt === "string" ? parseRfc3339(givenAt) : NaN;
  return checked({ purposes, policyVersion, givenAt: given });
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
  const purposes = parts.get("purposes");
  if (!VERSION.test(version) || purposes === undefined) return "malformed";
  const names = purposes === "" ? [] : purposes.split("+", MAX_PURPOSES + 1);
  return checked({ purposes: names, policyVersion: Number(version), givenAt: parseRfc3339(parts.get("given") ?? "") });
}

/** Who names a purpose twice has not asked the subject with care: no guess is made at what was meant. */
function checked(claim: ConsentClaim): CarriedClaim {
  const { purposes, givenAt } = claim;
  if (Number.isNaN(givenAt) || purposes.length > MAX_PURPOSES) return "malformed";
  return purposes.length > 1 && new Set(purposes).size < purposes.length ? "malformed" : claim;
}
