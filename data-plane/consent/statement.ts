import { optedOut, type Signals } from "@o2mc/schema/consent/signals.ts";
import type { Policy, Wording } from "@o2mc/schema/consent/policy.ts";
import { parseClaim } from "./claim.ts";
import { purposesMeant, wordingOf, type EventClaim } from "./gate.ts";

/** What a subject says now, to be stored: like an event's claim, without its time. */
export type Statement = EventClaim;

/** Purposes that count, and those that were asked for and that a signal denied. */
export interface Said {
  readonly purposes: readonly string[];
  readonly optedOut: readonly string[];
  /** what the subject saw; undefined = the statement does not say */
  readonly wording: Wording | undefined;
}

/**
 * Reads `{purposes, policyVersion}`, with a level or a TC string in place of the purposes, and signals, as an event's
 * consent has them. A withdrawal (no purposes) is taken whatever else stands there.
 */
export function parseStatement(value: unknown, now: number): Statement | "malformed" {
  if (typeof value !== "object" || value === null) return "malformed";
  const { purposes, policyVersion } = value as Record<string, unknown>;
  if (Array.isArray(purposes) && purposes.length === 0 && Number.isSafeInteger(policyVersion)) {
    return { purposes: [], policyVersion: policyVersion as number, givenAt: now };
  }
  return parseClaim({ ...value, givenAt: new Date(now).toISOString() }) ?? "malformed";
}

/**
 * What of a statement counts under the policy and the signals of the request that brought it (`sent`). A text that the
 * policy does not have is refused: nobody could show later what was agreed to, and the sender can still put it right.
 */
export function saidUnder(
  policy: Policy,
  statement: Statement,
  sent: Signals | undefined,
): Said | "unknown-purpose" | "unknown-wording" {
  const wording = wordingOf(policy, statement);
  if (statement.wording !== undefined && wording === undefined) return "unknown-wording";
  const meant = purposesMeant(policy, statement);
  if (meant === "unknown-level") return "unknown-purpose";
  if (!meant.every((name) => policy.purposes.some((purpose) => purpose.name === name))) return "unknown-purpose";
  const denied = [statement.signals, sent].flatMap((signals) =>
    signals === undefined ? [] : optedOut(policy, signals),
  );
  return {
    purposes: meant.filter((name) => !denied.includes(name)),
    optedOut: meant.filter((name) => denied.includes(name)),
    wording,
  };
}
