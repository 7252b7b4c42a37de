import type { Deployment, DeployedPipeline } from "@o2mc/schema/deployment/deployment.ts";
import { APP, PIPELINE, TENANT } from "./tenant-hub.ts";

/** One pipeline of one output, and to each of these destinations a delivery `to-…` of it. */
export const testDeployment = (
  output: DeployedPipeline["outputs"][number],
  destinations: readonly string[],
): Deployment => ({
  formatVersion: 1,
  tenant: TENANT,
  application: APP,
  revision: 1,
  policy: { version: 1, purposes: [], fields: [] },
  sources: [],
  lanes: [],
  pipelines: [
    {
      id: PIPELINE,
      name: PIPELINE,
      version: 1,
      since: 1,
      lane: "analytics",
      definition: { purposes: ["analytics"], time: { disorderSeconds: 60, idleSeconds: 30 }, steps: [] },
      outputs: [output],
    },
  ],
  deliveries: destinations.map((destination) => ({
    id: `to-${destination}`,
    pipeline: PIPELINE,
    output: output.name,
    destination,
  })),
  subjectSalt: "00",
});
