import { readEventFrame, type EventFrame } from "@o2mc/schema/events/event-frame.ts";
import type { RehearsalRequest, SampleOutcome } from "@o2mc/schema/rehearsal/rehearsal.ts";
import { gateEvents, parsedEvents } from "../edge/gate-events.ts";
import type { OpenFrame } from "../edge/open-frame.ts";
import { OpenFrames } from "../edge/open-frames.ts";
import { compilePlan } from "../edge/plan.ts";

/** from RFC 5737, of nobody */
const ADDRESS = "192.0.2.1";

/** The frames that the edge would cut of the samples, and what it would say of each. Nobody has stored a consent. */
export function admit({ deployment, events, now }: RehearsalRequest): {
  readonly samples: readonly SampleOutcome[];
  readonly frames: readonly EventFrame[];
} {
  const plan = compilePlan(deployment);
  const [source] = plan.sources.values();
  if (source === undefined) throw new Error("a rehearsal without a source");
  const frames: EventFrame[] = [];
  const open = new OpenFrames(plan, {
    opened: () => undefined,
    publish: (frame: OpenFrame) => void frames.push(readEventFrame(frame.encode(now))),
  });
  const samples = events.map((event): SampleOutcome => {
    if (!source.source.grant.granted) return { outcome: "denied", reason: "not-granted" };
    const { rejected, denied } = gateEvents(source, parsedEvents([event]), {
      now,
      ip: ADDRESS,
      stored: () => undefined,
      enter: (lane, row) => void open.add(lane, row),
    });
    const [fault] = rejected;
    if (fault !== undefined) return { outcome: "rejected", reason: fault.code, message: fault.message };
    const [reason] = denied.keys();
    return reason === undefined ? { outcome: "admitted" } : { outcome: "denied", reason };
  });
  open.cutAll();
  return { samples, frames };
}
