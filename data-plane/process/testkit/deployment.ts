import type { FieldDeclaration } from "@o2mc/schema/consent/policy.ts";
import type { DeployedLane, DeployedPipeline, Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { Step } from "@o2mc/schema/pipeline/definition.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";

export const FIELDS: readonly FieldDeclaration[] = [
  { path: "page.path", type: "string", purposes: ["analytics"], description: "" },
  { path: "price", type: "number", purposes: ["analytics"], description: "" },
  { path: "ip", type: "string", purposes: ["analytics"], description: "" },
  { path: "referrer", type: "string", purposes: ["analytics"], description: "" },
  { path: "$ip", type: "string", purposes: ["analytics"], description: "" },
  { path: "$subject", type: "string", purposes: ["analytics"], description: "" },
];

export const LANE: DeployedLane = { id: "analytics", purposes: ["analytics"], partitions: 1, fields: FIELDS };

interface PipelineOptions {
  readonly id?: string;
  readonly since?: number;
  readonly disorderSeconds?: number;
  readonly idleSeconds?: number;
  readonly steps: readonly Step[];
  readonly outputs: readonly OutputType[];
}

export function testPipeline(options: PipelineOptions): DeployedPipeline {
  const { id = "p1", since = 1, disorderSeconds = 10, idleSeconds = 2, steps, outputs } = options;
  return {
    id,
    name: id,
    version: 1,
    since,
    lane: LANE.id,
    definition: { purposes: LANE.purposes, time: { disorderSeconds, idleSeconds }, steps },
    outputs,
  };
}

export function output(name: string, columns: readonly string[], perSubject = true): OutputType {
  return {
    name,
    perSubject,
    columns: columns.map((column) => ({ name: column, type: "string", purposes: ["analytics"] })),
  };
}

/** Sessions with a 30 s gap, first and last page. */
export const SESSIONS = testPipeline({
  steps: [
    {
      sessionize: {
        gapSeconds: 30,
        sticky: [
          { field: "page.path", keep: "first", as: "entry" },
          { field: "page.path", keep: "last", as: "exit" },
        ],
      },
    },
    { emit: { output: "sessions" } },
  ],
  outputs: [output("sessions", ["session.start", "session.end", "session.events", "entry", "exit"])],
});

export function testDeployment(pipelines: readonly DeployedPipeline[], change: Partial<Deployment> = {}): Deployment {
  return {
    formatVersion: 1,
    tenant: "t1",
    application: "app",
    revision: 1,
    policy: {
      version: 1,
      purposes: [{ name: "analytics", description: "", legalBasis: "consent", lifetimeDays: 365 }],
      fields: FIELDS,
    },
    sources: [
      {
        id: "src",
        name: "src",
        kind: "rest",
        writeKeyHashes: [],
        origins: [],
        consentMode: "subject",
        grant: { granted: true, purposes: [] },
      },
      {
        id: "machines",
        name: "machines",
        kind: "rest",
        writeKeyHashes: [],
        origins: [],
        consentMode: "owner",
        grant: { granted: true, purposes: ["analytics"] },
      },
    ],
    lanes: [LANE],
    pipelines,
    deliveries: [],
    subjectSalt: "00".repeat(32),
    ...change,
  };
}
