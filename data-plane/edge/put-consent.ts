import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { jetstream } from "@nats-io/jetstream";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import { BUCKETS, consentKey } from "@o2mc/schema/subjects.ts";
import { Problem } from "./problem.ts";
import { readBody } from "./read-body.ts";
import { isSubject } from "./read-event.ts";
import type { DeployedAt } from "./registry.ts";

const BODY_LIMIT = 16 * 1024;
const MAX_PURPOSES = 64;

/** Stores what a subject has said; resolves once it is in the hub and counts at this edge. */
export async function putConsent(request: IncomingMessage, subject: string, find: () => DeployedAt): Promise<void> {
  const body = await readBody(request, BODY_LIMIT);
  if (!isSubject(subject)) throw new Problem("invalid-subject");
  const { purposes, policyVersion } = parse(body);
  const { plan, edge } = find();
  const { policy, application } = plan.application.deployment;
  // a withdrawal is always taken, whatever the subject last saw
  if (purposes.length > 0) {
    if (policyVersion !== policy.version) throw new Problem("outdated-policy", { detail: `It is ${policy.version}.` });
    if (!purposes.every((name) => policy.purposes.some((purpose) => purpose.name === name))) {
      throw new Problem("unknown-purpose");
    }
  }
  const state: ConsentState = { purposes, policyVersion, givenAt: Date.now(), receipt: randomUUID() };
  const key = consentKey(application, plan.application.subjects.get(subject).key);
  try {
    const { seq } = await jetstream(edge.tenant.nats).publish(`$KV.${BUCKETS.consent}.${key}`, JSON.stringify(state));
    edge.consent.learn(key, state, seq);
  } catch (cause) {
    throw new Problem("hub-unavailable", { cause });
  }
}

function parse(body: Buffer): { purposes: readonly string[]; policyVersion: number } {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new Problem("invalid-json", { cause });
  }
  if (typeof value !== "object" || value === null) throw new Problem("invalid-consent");
  const { purposes, policyVersion } = value as Record<string, unknown>;
  if (
    !Array.isArray(purposes) ||
    purposes.length > MAX_PURPOSES ||
    !purposes.every((name): name is string => typeof name === "string") ||
    typeof policyVersion !== "number" ||
    !Number.isSafeInteger(policyVersion)
  ) {
    throw new Problem("invalid-consent");
  }
  return { purposes: [...new Set(purposes)], policyVersion };
}
