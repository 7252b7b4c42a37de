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
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { isApproved, useOf, type PipelineUse } from "@o2mc/schema/pipeline/use.ts";
import { laneId } from "@o2mc/schema/subjects.ts";

export interface DeploymentParts {
  readonly tenant: string;
  readonly subjectSalt: string;
  readonly application: { readonly id: string; readonly revision: number; readonly partitions: number };
  readonly policy: Policy;
  readonly sources: readonly DeployedSource[];
  readonly pipelines: readonly PublishedPipeline[];
  readonly deliveries: readonly DeployedDelivery[];
  /** of each destination that uses data for purposes of its own; others use it for the pipeline's */
  readonly destinationPurposes: ReadonlyMap<string, readonly string[]>;
}

export interface PublishedPipeline {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly since: number;
  readonly definition: PipelineDefinition;
  /** as they were when it was published */
  readonly outputs: readonly OutputType[];
  /** all that privacy officers have approved of it */
  readonly approvals: readonly PipelineUse[];
}

/**
 * Compiles what is published for one application into the document that the data plane runs. Pure. A pipeline that the
 * policy no longer permits, or that does more under it than was approved, is left out, with its deliveries: the policy
 * counts at once, whoever has yet to react to it. So is a delivery that was not approved.
 */
export function buildDeployment(parts: DeploymentParts): Deployment {
  const { tenant, subjectSalt, application, policy, sources } = parts;
  const lanes = new Map<string, DeployedLane>();
  const pipelines: DeployedPipeline[] = [];
  const deliveries = new Set<DeployedDelivery>();
  for (const { id, name, version, since, definition: published, outputs, approvals } of parts.pipelines) {
    const checked = check(published, policy, { partitions: application.partitions, published: outputs });
    if (checked === undefined || !isApproved(approvals, useOf(checked, []))) continue;
    for (const delivery of parts.deliveries) {
      if (delivery.pipeline !== id || !isApproved(approvals, useOf(checked, [delivery]))) continue;
      const output = checked.outputs.find((one) => one.name === delivery.output);
      const purposes = parts.destinationPurposes.get(delivery.destination) ?? [];
      if (output !== undefined && mayUse(output, purposes)) deliveries.add(delivery);
    }
    const { definition } = checked;
    const purposes = [...new Set(definition.purposes)].sort();
    const lane = laneId(purposes);
    const fields = [...(lanes.get(lane)?.fields ?? [])];
    for (const field of checked.readSet) if (!fields.some(({ path }) => path === field.path)) fields.push(field);
    lanes.set(lane, { id: lane, purposes, partitions: application.partitions, fields });
    pipelines.push({ id, name, version, since, lane, definition, outputs: checked.outputs });
  }
  return {
    formatVersion: 1,
    tenant,
    application: application.id,
    revision: application.revision,
    policy,
    sources,
    lanes: [...lanes.values()],
    pipelines,
    deliveries: parts.deliveries.filter((delivery) => deliveries.has(delivery)),
    subjectSalt,
  };
}

function mayUse(output: OutputType, purposes: readonly string[]): boolean {
  return output.columns.every((column) => purposes.every((purpose) => column.purposes.includes(purpose)));
}

function check(...given: Parameters<typeof checkDefinition>) {
  try {
    return checkDefinition(...given);
  } catch (error) {
    if (error instanceof DefinitionError) return undefined;
    throw error;
  }
}
