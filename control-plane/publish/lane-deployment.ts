import type { DeployedLane, Deployment } from "@o2mc/schema/deployment/deployment.ts";

/** What process needs of a deployment for one lane: nothing of other lanes, of deliveries or of who may send. */
export function laneDeployment(deployment: Deployment, lane: DeployedLane): Deployment {
  const { sources, pipelines } = deployment;
  return {
    ...deployment,
    sources: sources.map(({ id, name, kind, consentMode, grant }) => {
      return { id, name, kind, consentMode, grant, writeKeyHashes: [], origins: [] };
    }),
    lanes: [lane],
    pipelines: pipelines.filter((pipeline) => pipeline.lane === lane.id),
    deliveries: [],
  };
}
