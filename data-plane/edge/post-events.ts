import type { IncomingMessage } from "node:http";
import { signalsOf } from "../consent/signals.ts";
import { ClaimChanges } from "./claim-changes.ts";
import type { Counters } from "./counters.ts";
import { addOutcome, gateEvents, someEvents, type EventList, type GateOutcome } from "./gate-events.ts";
import { nestingOf } from "./nesting.ts";
import type { OpenFrame } from "./open-frame.ts";
import { formatOf } from "./parse-events.ts";
import type { SourcePlan } from "./plan.ts";
import { Problem } from "./problem.ts";
import { readBody } from "./read-body.ts";
import { readEvents } from "./read-events.ts";
import type { DeployedAt } from "./registry.ts";
import { storeConsent } from "./store-consent.ts";

interface Accepted {
  readonly accepted: number;
  readonly denied: readonly { readonly reason: string; readonly count: number }[];
  readonly rejected: readonly { readonly index: number; readonly code: string; readonly message: string }[];
}

/** Deeper than that is no event with a flaw, but an attack or a broken sender. */
const ABSURD_DEPTH = 512;

/**
 * Takes the events of one request; answers once the hub has acknowledged every frame that carries one of them. `find`
 * is asked after the body has come in: a deployment may have changed meanwhile.
 */
export async function postEvents(
  request: IncomingMessage,
  find: () => DeployedAt,
  { bodyLimit, counters }: { readonly bodyLimit: number; readonly counters: Counters },
): Promise<Accepted> {
  const format = formatOf(request.headers);
  refuseRepeated(request);
  refuseBeyondQuota(find());
  const body = await readBody(request, bodyLimit);

  const found = find();
  const { plan, edge } = found;
  const events = readEvents(body, format, request.headers, plan);
  if (!plan.source.grant.granted) throw new Problem("not-granted");
  if (!edge.consent.complete) throw new Problem("consent-unavailable");
  if (edge.publisher.overloaded) throw new Problem("overloaded");
  const wait = edge.quota.take(events.length, eventsPerSecond(plan), performance.now());
  if (wait > 0) throw quotaExceeded(wait);

  const frames = new Set<OpenFrame>();
  const now = Date.now();
  const signals = signalsOf(request.headers);
  const ip = addressOf(request);
  const gate = (at: DeployedAt, list: EventList, changes?: ClaimChanges): GateOutcome => {
    const { application } = at.plan.application.deployment;
    return gateEvents(at.plan, list, {
      now,
      ip,
      signals,
      stored: (subjectKey) => at.edge.consent.get(application, subjectKey),
      changes,
      enter: (lane, row) => frames.add(at.application.frames.add(lane, row)),
    });
  };
  const changes = plan.source.consentAuthority === true ? new ClaimChanges(plan, now, signals) : undefined;
  const outcome = gate(found, events, changes);
  if (changes !== undefined && outcome.waiting.length > 0) {
    await Promise.all(changes.receipts.map((receipt) => storeConsent(edge, receipt, "if-unchanged")));
    // meanwhile there may be another deployment
    const later = find();
    if (!later.plan.source.grant.granted) throw new Problem("not-granted");
    const same = later.plan === plan ? events : readEvents(body, format, request.headers, later.plan);
    addOutcome(outcome, gate(later, someEvents(same, outcome.waiting)));
  }
  counters.gated(outcome);
  if (outcome.rejected.some(({ code }) => code === "too-deep") && nestingOf(body.toString("utf8")) > ABSURD_DEPTH) {
    throw new Problem("too-deep");
  }
  for (const frame of frames) {
    const failure = await frame.settled;
    if (failure !== undefined) throw new Problem(failure);
  }
  return {
    accepted: outcome.told.accepted,
    denied: Array.from(outcome.told.denied, ([reason, count]) => ({ reason, count })),
    rejected: outcome.rejected,
  };
}

/** An attribute that comes twice (binary mode) reads as one value of both, and nobody knows which of the two was meant. */
function refuseRepeated(request: IncomingMessage): void {
  if (request.headers["ce-specversion"] === undefined) return;
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (name.startsWith("ce-") && (values?.length ?? 0) > 1) throw new Problem("invalid-header", { detail: name });
  }
}

/** Before the body is read: who sends far too much must not cost its neighbours the reading of it. */
function refuseBeyondQuota({ plan, edge }: DeployedAt): void {
  const wait = edge.quota.wait(eventsPerSecond(plan), performance.now());
  if (wait > 0) throw quotaExceeded(wait);
}

const eventsPerSecond = ({ application }: SourcePlan): number | undefined =>
  application.deployment.limits?.eventsPerSecond;

const quotaExceeded = (wait: number): Problem =>
  new Problem("quota-exceeded", { headers: { "retry-after": String(wait) } });

const addressOf = ({ socket }: IncomingMessage): string => (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
