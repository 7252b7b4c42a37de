import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { makeReceipt } from "@o2mc/schema/consent/receipt.ts";
import { signalsOf } from "../consent/signals.ts";
import { parseStatement, saidUnder } from "../consent/statement.ts";
import { isAmbiguous } from "./ambiguous-events.ts";
import { Problem } from "./problem.ts";
import { readBody } from "./read-body.ts";
import { isSubject } from "./read-event.ts";
import type { DeployedAt } from "./registry.ts";
import { storeConsent } from "./store-consent.ts";

/** a TC string may be long */
const BODY_LIMIT = 32 * 1024;

/**
 * Stores what a subject has said, with its receipt; resolves once both are in the hub and it counts at this edge. The subject
 * is the path's; undefined = it stands in the body, where no client takes `..` for a way up.
 */
export async function putConsent(
  request: IncomingMessage,
  inPath: string | undefined,
  find: () => DeployedAt,
): Promise<void> {
  const body = await readBody(request, BODY_LIMIT);
  if (inPath !== undefined && !isSubject(inPath)) throw new Problem("invalid-subject");
  const now = Date.now();
  const value = parse(body);
  const subject = inPath ?? subjectOf(value);
  const statement = parseStatement(value, now);
  if (statement === "malformed") throw new Problem("invalid-consent");
  const { plan, edge } = find();
  const { policy, application, tenant } = plan.application.deployment;
  const { purposes, level, fromTcf, policyVersion } = statement;
  // a withdrawal is always taken, whatever the subject last saw
  const withdraws = purposes.length === 0 && level === undefined && fromTcf !== true;
  if (!withdraws && policyVersion !== policy.version) {
    throw new Problem("outdated-policy", { detail: `It is ${policy.version}.` });
  }
  const said = saidUnder(policy, statement, signalsOf(request.headers));
  if (typeof said === "string") throw new Problem(said);
  const receipt = makeReceipt(policy, {
    id: randomUUID(),
    tenant,
    application,
    subjectKey: plan.application.subjects.get(subject).key,
    purposes: said.purposes,
    policyVersion,
    wording: said.wording,
    at: now,
    collection: { method: plan.source.kind === "web" ? "web" : "rest", by: plan.source.id, optedOut: said.optedOut },
  });
  await storeConsent(edge, receipt);
}

function parse(body: Buffer): unknown {
  const text = body.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Problem("invalid-json", { cause });
  }
  if (isAmbiguous(text)) throw new Problem("invalid-consent");
  return value;
}

function subjectOf(value: unknown): string {
  if (typeof value !== "object" || value === null) throw new Problem("invalid-consent");
  const { subject } = value as Record<string, unknown>;
  if (typeof subject !== "string" || !isSubject(subject)) throw new Problem("invalid-subject");
  return subject;
}
