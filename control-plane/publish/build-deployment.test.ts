import type { FieldDeclaration, Policy } from "@o2mc/schema/consent/policy.ts";
import { DEFAULT_TIME, type PipelineDefinition, type Step } from "@o2mc/schema/pipeline/definition.ts";
import { expect, test } from "vitest";
import { checkDefinition } from "@o2mc/schema/pipeline/check.ts";
import type { PipelineUse } from "@o2mc/schema/pipeline/use.ts";
import { buildDeployment, type DeploymentParts, type PublishedPipeline } from "./build-deployment.ts";

const purpose = (name: string) => ({ name, description: "", legalBasis: "consent" as const, lifetimeDays: 1 });
const field = (path: string, ...purposes: string[]): FieldDeclaration => ({
  path,
  type: "string",
  purposes,
  description: "",
});

const policy: Policy = {
  version: 3,
  purposes: [purpose("analytics"), purpose("marketing")],
  fields: [
    field("page.path", "analytics", "marketing"),
    field("referrer", "analytics"),
    field("email", "marketing"),
    field("unread", "analytics", "marketing"),
  ],
};

/** An approval of all that the pipelines here do. */
const ANYTHING: PipelineUse = {
  purposes: ["analytics", "marketing"],
  reads: policy.fields.map(({ path }) => path),
  discloses: policy.fields.map(({ path }) => ({ output: "out", field: path, anonymized: null })),
  destinations: [{ output: "out", destination: "d" }],
};

function pipeline(id: string, purposes: string[], ...fields: string[]): PublishedPipeline {
  const definition = { purposes, time: DEFAULT_TIME, steps: [{ emit: { output: "out", fields } }] };
  return { id, name: id, version: 1, since: 4, definition, outputs: [], approvals: [ANYTHING] };
}

function build(over: Partial<DeploymentParts>) {
  return buildDeployment({
    tenant: "t",
    subjectSalt: "00",
    application: { id: "app", revision: 7, partitions: 4 },
    policy,
    sources: [],
    pipelines: [],
    deliveries: [],
    destinationPurposes: new Map(),
    ...over,
  });
}

test("pipelines with the same purposes share a lane that carries what they read together", () => {
  const { lanes, pipelines, revision } = build({
    pipelines: [
      pipeline("a", ["analytics"], "page.path"),
      pipeline("b", ["analytics"], "referrer", "page.path"),
      pipeline("c", ["marketing", "analytics"], "page.path"),
      pipeline("d", ["analytics", "marketing"], "page.path"),
    ],
  });
  expect(revision).toBe(7);
  expect(
    lanes.map(({ id, partitions, fields }) => ({ id, partitions, fields: fields.map(({ path }) => path) })),
  ).toEqual([
    { id: "analytics", partitions: 4, fields: ["page.path", "referrer"] },
    { id: "analytics+marketing", partitions: 4, fields: ["page.path"] },
  ]);
  expect(pipelines.map(({ id, lane }) => `${id} ${lane}`)).toEqual([
    "a analytics",
    "b analytics",
    "c analytics+marketing",
    "d analytics+marketing",
  ]);
});

test("a pipeline that the policy no longer permits is left out with its deliveries", () => {
  const delivery = (id: string, of: string, output = "out") => ({ id, pipeline: of, output, destination: "d" });
  const deployment = build({
    pipelines: [pipeline("forbidden", ["analytics"], "email"), pipeline("fine", ["marketing"], "email")],
    deliveries: [delivery("1", "forbidden"), delivery("2", "fine"), delivery("3", "fine", "gone")],
  });
  expect(deployment.pipelines.map(({ id }) => id)).toEqual(["fine"]);
  expect(deployment.lanes.map(({ id }) => id)).toEqual(["marketing"]);
  expect(deployment.deliveries.map(({ id }) => id)).toEqual(["2"]);
});

test("options given as null are absent", () => {
  const steps = [
    { anonymize: { field: "page.path", method: "hash", keep: null } },
    { emit: { output: "out", fields: null } },
  ] as unknown as Step[];
  const definition: PipelineDefinition = { purposes: ["analytics"], time: DEFAULT_TIME, steps };
  const { pipelines } = build({
    pipelines: [{ id: "p", name: "p", version: 1, since: 1, definition, outputs: [], approvals: [ANYTHING] }],
  });
  expect(pipelines[0]?.definition.steps).toEqual([
    { anonymize: { field: "page.path", method: "hash" } },
    { emit: { output: "out" } },
  ]);
});

test("what is deployed is complete: every default is filled in", () => {
  const steps = [{ sessionize: { gapSeconds: 60 } }, { emit: { output: "out" } }] as unknown as Step[];
  const definition = { purposes: ["analytics"], steps } as unknown as PipelineDefinition;
  const { pipelines } = build({
    pipelines: [{ id: "p", name: "p", version: 1, since: 1, definition, outputs: [], approvals: [ANYTHING] }],
  });
  expect(pipelines[0]?.definition).toEqual({
    purposes: ["analytics"],
    time: DEFAULT_TIME,
    steps: [{ sessionize: { gapSeconds: 60, sticky: [] } }, { emit: { output: "out" } }],
  });
});

test("what was not approved does not run, whatever the tables say is published", () => {
  const approved = {
    ...pipeline("approved", ["analytics"], "page.path"),
    approvals: [{ ...ANYTHING, destinations: [] }],
  };
  const less = [{ ...ANYTHING, reads: ["page.path"] }];
  const never = { ...pipeline("never", ["analytics"], "page.path"), approvals: [] };
  const more = { ...pipeline("more", ["analytics"], "page.path", "referrer"), approvals: less };
  const deployment = build({
    pipelines: [approved, never, more],
    deliveries: [{ id: "1", pipeline: "approved", output: "out", destination: "d" }],
  });
  expect(deployment.pipelines.map(({ id }) => id)).toEqual(["approved"]);
  expect(deployment.lanes.map(({ fields }) => fields.map(({ path }) => path))).toEqual([["page.path"]]);
  expect(deployment.deliveries).toEqual([]);
});

test("a destination gets no output with a column that one of its own purposes may not see", () => {
  const parts = {
    pipelines: [pipeline("both", ["analytics"], "page.path"), pipeline("one", ["analytics"], "page.path", "referrer")],
    deliveries: ["both", "one"].map((id) => ({ id, pipeline: id, output: "out", destination: "d" })),
  };
  expect(build(parts).deliveries.map(({ id }) => id)).toEqual(["both", "one"]);
  const marketing = build({ ...parts, destinationPurposes: new Map([["d", ["marketing"]]]) });
  expect(marketing.deliveries.map(({ id }) => id)).toEqual(["both"]);
});

// defect: such a pipeline was stopped, since it would have had a column that nobody had approved
test("a pipeline that names no columns goes on with those that it was published with, whatever the policy adds or takes", () => {
  const definition: PipelineDefinition = {
    purposes: ["analytics"],
    time: DEFAULT_TIME,
    steps: [{ emit: { output: "out" } }] as unknown as Step[],
  };
  const approvals = [{ ...ANYTHING, reads: ["page.path", "referrer", "unread"] }];
  const { outputs } = checkDefinition(definition, policy, { partitions: 4 });
  const running = { id: "p", name: "p", version: 1, since: 1, definition, outputs, approvals };
  const columnsUnder = (fields: readonly FieldDeclaration[]) => {
    const { pipelines, lanes } = build({ policy: { ...policy, version: 4, fields }, pipelines: [running] });
    const [lane] = lanes;
    return [pipelines[0]?.outputs[0]?.columns.map(({ name }) => name), lane?.fields.map(({ path }) => path)];
  };
  const before = columnsUnder(policy.fields);
  expect(before[1]).toEqual(["page.path", "referrer", "unread"]);
  expect(columnsUnder([field("added", "analytics"), ...policy.fields])).toEqual(before);
  const [columns, read] = columnsUnder(policy.fields.filter(({ path }) => path !== "referrer"));
  expect(columns).toEqual(before[0]?.filter((name) => name !== "referrer"));
  expect(read).toEqual(["page.path", "unread"]);
});
