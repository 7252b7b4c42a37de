import type { Policy } from "@o2mc/schema/consent/policy.ts";
import type {
  DeployedDelivery,
  DeployedLane,
  DeployedPipeline,
  DeployedSource,
  Deployment,
} from "@o2mc/schema/deployment/deployment.ts";
import { checkDefinition } from "@o2mc/schema/pipeline/check.ts";
import { DefinitionError } from "@o2mc/schema/pipeline/definition-error.ts";
import type { PipelineDefinition } from "@o2mc/schema/pipeline/definition.ts";
import { laneId } from "@o2mc/schema/subjects.ts";

export interface DeploymentParts {
  readonly tenant: string;
  readonly subjectSalt: string;
  readonly application: { readonly id: string; readonly revision: number; readonly partitions: number };
  readonly policy: Policy;
  readonly sources: readonly DeployedSource[];
  readonly pipelines: readonly PublishedPipeline[];
  readonly deliveries: readonly DeployedDelivery[];
}

export interface PublishedPipeline {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly since: number;
  readonly definition: PipelineDefinition;
}

/**
 * Compiles what is published for one application into the document that the data plane runs. Pure. A pipeline that the
 * policy no longer permits is left out, with its deliveries: the policy counts at once, whoever has yet to react to it.
 */
export function buildDeployment(parts: DeploymentParts): Deployment {
  const { tenant, subjectSalt, application, policy, sources } = parts;
  const lanes = new Map<string, DeployedLane>();
  const pipelines: DeployedPipeline[] = [];
  for (const { id, name, version, since, definition: published } of parts.pipelines) {
    const checked = check(published, policy, application.partitions);
    if (checked === undefined) continue;
    const { definition } = checked;
    const purposes = [...new Set(definition.purposes)].sort();
    const lane = laneId(purposes);
    const fields = [...(lanes.get(lane)?.fields ?? [])];
    for (const field of checked.readSet) if (!fields.some(({ path }) => path === field.path)) fields.push(field);
    lanes.set(lane, { id: lane, purposes, partitions: application.partitions, fields });
    pipelines.push({ id, name, version, since, lane, definition, outputs: checked.outputs });
  }
  const emits = ({ pipeline, output }: DeployedDelivery): boolean =>
    pipelines.some(({ id, outputs }) => id === pipeline && outputs.some(({ name }) => name === output));
  return {
    formatVersion: 1,
    tenant,
    application: application.id,
    revision: application.revision,
    policy,
    sources,
    lanes: [...lanes.values()],
    pipelines,
    deliveries: parts.deliveries.filter(emits),
    subjectSalt,
  };
}

function check(definition: PipelineDefinition, policy: Policy, partitions: number) {
  try {
    return checkDefinition(definition, policy, { partitions });
  } catch (error) {
    if (error instanceof DefinitionError) return undefined;
    throw error;
  }
}
