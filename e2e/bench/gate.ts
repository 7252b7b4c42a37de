import { gateEvents } from "@o2mc/data-plane/edge/gate-events.ts";
import { OpenFrames } from "@o2mc/data-plane/edge/open-frames.ts";
import { compilePlan } from "@o2mc/data-plane/edge/plan.ts";
import { readEvents } from "@o2mc/data-plane/edge/read-events.ts";
import type { FieldDeclaration } from "@o2mc/schema/consent/policy.ts";
import { pageView } from "./events.ts";
import { measurement, median, perCpuSecond, type Benchmark } from "./measurement.ts";

const BATCH = 500;
const BATCHES = 80;
const ROUNDS = 5;

const field = (path: string, type: FieldDeclaration["type"] = "string"): FieldDeclaration => ({
  path,
  type,
  purposes: ["analytics"],
  description: "",
});
const FIELDS = [
  ...["page.path", "page.title", "page.referrer", "product.sku", "client.ip"].map((path) => field(path)),
  field("product.price", "number"),
];

const plan = compilePlan({
  formatVersion: 1,
  tenant: "bench",
  application: "bench",
  revision: 1,
  policy: {
    version: 1,
    purposes: [{ name: "analytics", description: "", legalBasis: "consent", lifetimeDays: 30 }],
    fields: FIELDS,
  },
  sources: [
    {
      id: "web",
      name: "web",
      kind: "web",
      writeKeyHashes: [],
      origins: [],
      consentMode: "subject",
      grant: { granted: true, purposes: [] },
    },
  ],
  lanes: [{ id: "analytics", purposes: ["analytics"], partitions: 1, fields: FIELDS }],
  pipelines: [],
  deliveries: [],
  subjectSalt: "ab".repeat(32),
});

/**
 * Parse, validate, gate, project and encode in one thread against JSON.parse of the bytes of the same request bodies;
 * rounds in turn, the first, in which the visitors become known, not counted.
 */
export const gate: Benchmark = {
  names: ["edge.gate"],
  run: () => {
    const bodies = Array.from({ length: BATCHES }, (_, batch) =>
      Buffer.from(
        JSON.stringify(
          Array.from({ length: BATCH }, (_, k) => {
            const i = batch * BATCH + k;
            return pageView(i, `visitor-${i % 20_000}`, Date.now(), "gate");
          }),
        ),
      ),
    );
    const ours: number[] = [];
    const parse: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const fast = perCpuSecond(BATCH * BATCHES, () => gateAll(bodies));
      const yardstick = perCpuSecond(BATCH * BATCHES, () => {
        for (const body of bodies) JSON.parse(body.toString());
      });
      if (round === 0) continue;
      ours.push(fast);
      parse.push(yardstick);
    }
    return Promise.resolve([
      measurement("edge.gate", median(ours), "events/s", "JSON.parse of the same bodies", median(parse)),
    ]);
  },
};

function gateAll(bodies: readonly Buffer[]): void {
  const source = plan.sources.get("web");
  if (source === undefined) throw new Error("the plan lacks its source");
  let bytes = 0;
  const frames = new OpenFrames(plan, {
    opened: () => undefined,
    publish: (frame) => {
      bytes += frame.encode(Date.now()).length;
    },
  });
  let accepted = 0;
  for (const body of bodies) {
    const outcome = gateEvents(source, readEvents(body, "json", {}, source), {
      now: Date.now(),
      ip: "",
      stored: () => undefined,
      enter: (lane, row) => void frames.add(lane, row),
    });
    accepted += outcome.accepted;
  }
  frames.cutAll();
  if (accepted !== BATCH * BATCHES || bytes === 0) throw new Error(`${accepted} events passed the gate`);
}
