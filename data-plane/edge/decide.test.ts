import fc from "fast-check";
import { expect, test } from "vitest";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import { Decisions } from "./decide.ts";
import { compilePlan } from "./plan.ts";
import { testDeployment } from "./testkit/deployment.ts";

const NOW = Date.UTC(2026, 10, 24);
const plan = compilePlan(testDeployment(1));

const claim = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, "", 3, [], {}, "v=2;given=2026-11-23T00:00:00Z;purposes=analytics"),
  fc.record({
    purposes: fc.oneof(
      fc.constantFrom<unknown>("analytics", undefined, [["analytics"]], { length: 1, 0: "analytics" }),
      fc.array(fc.constantFrom("analytics", "marketing", "unheard-of"), { maxLength: 2 }),
    ),
    policyVersion: fc.constantFrom<unknown>(1, 2, "2"),
    givenAt: fc.constantFrom<unknown>("2026-11-23T00:00:00Z", "2020-11-23T00:00:00Z", "soon", 0),
  }),
  fc
    .record(
      {
        purposes: fc.constant(["analytics"]),
        gpc: fc.constantFrom<unknown>(true, false, "yes"),
        dnt: fc.boolean(),
        tcf: fc.constantFrom<unknown>("", "CP", 3),
        level: fc.constantFrom<unknown>("all", 3),
        other: fc.nat(),
      },
      { requiredKeys: [] },
    )
    .map((more) => ({ policyVersion: 1, givenAt: "2026-11-23T00:00:00Z", ...more })),
);
const state = fc.option(
  fc.record<ConsentState>({
    purposes: fc.subarray(["analytics", "marketing"]),
    policyVersion: fc.constantFrom(1, 2),
    givenAt: fc.constantFrom(NOW - 1000, 0),
    receipt: fc.constant("r"),
  }),
  { nil: undefined },
);

test.each(["web", "log"])("source %s: what is remembered of one event decides no other differently", (id) => {
  const source = plan.sources.get(id);
  if (source === undefined) throw new Error("no such source");
  fc.assert(
    fc.property(fc.array(fc.tuple(claim, state), { maxLength: 12 }), (events) => {
      const remembering = new Decisions(source, NOW);
      for (const [consent, stored] of events) {
        // parsed anew, as each event of a body is
        const own: unknown = consent === undefined ? undefined : JSON.parse(JSON.stringify(consent));
        expect(remembering.decide(own, stored)).toEqual(new Decisions(source, NOW).decide(own, stored));
      }
    }),
    { numRuns: 3000 },
  );
});
