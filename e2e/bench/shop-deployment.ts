import type { Policy } from "@o2mc/schema/consent/policy.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { checkDefinition } from "@o2mc/schema/pipeline/check.ts";
import type { Step } from "@o2mc/schema/pipeline/definition.ts";

const FIELDS = ["page.path", "page.title", "page.referrer", "product.sku", "client.ip", "$subject"].map((path) => ({
  path,
  type: "string" as const,
  purposes: ["analytics"],
  description: "",
}));
const POLICY: Policy = {
  version: 1,
  purposes: [{ name: "analytics", description: "", legalBasis: "consent", lifetimeDays: 365 }],
  fields: [...FIELDS, { path: "product.price", type: "number", purposes: ["analytics"], description: "" }],
};

/** Pipelines over the page views of `events.ts`, in one lane of one partition. */
export function shopDeployment(...lines: readonly (readonly Step[])[]): Deployment {
  const time = { disorderSeconds: 60, idleSeconds: 30 };
  const checked = lines.map((steps) =>
    checkDefinition({ purposes: ["analytics"], time, steps }, POLICY, { partitions: 1 }),
  );
  const read = new Map(checked.flatMap(({ readSet }) => readSet).map((field) => [field.path, field]));
  return {
    formatVersion: 1,
    tenant: "bench",
    application: "bench",
    revision: 1,
    policy: POLICY,
    sources: [
      {
        id: "shop",
        name: "shop",
        kind: "web",
        writeKeyHashes: [],
        origins: [],
        consentMode: "subject",
        grant: { granted: true, purposes: [] },
      },
    ],
    lanes: [{ id: "analytics", purposes: ["analytics"], partitions: 1, fields: [...read.values()] }],
    pipelines: checked.map(({ definition, outputs }, i) => {
      const id = i === 0 ? "p" : `p${i}`;
      return { id, name: id, version: 1, since: 1, lane: "analytics", definition, outputs };
    }),
    deliveries: [],
    subjectSalt: "00".repeat(32),
  };
}
