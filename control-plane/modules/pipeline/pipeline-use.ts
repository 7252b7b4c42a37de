import { createHash } from "node:crypto";
import { isApproved, useOf, widening, type PipelineUse } from "@o2mc/schema/pipeline/use.ts";
import { currentPolicy, findApplication } from "../../api/find.ts";
import { ApprovalRow } from "../../db/entities/approval.ts";
import { DeliveryRow } from "../../db/entities/delivery.ts";
import type { PipelineRow } from "../../db/entities/pipeline.ts";
import { PipelineVersionRow } from "../../db/entities/pipeline-version.ts";
import type { EntityManager } from "../../db/orm.ts";
import { ApiError } from "../../errors/api-error.ts";
import { checkedDefinition } from "./definition-problem.ts";

/** What somebody decides on: all that the draft, or without one the last version, would do, and who had a hand in it. */
export interface WantedUse {
  readonly use: PipelineUse;
  /** persons who wrote the definition or made a delivery that is not approved yet: they may not approve it */
  readonly authors: ReadonlySet<string>;
}

/** Throws DRAFT_MISSING, POLICY_MISSING or DEFINITION_INVALID when there is nothing that could run. */
export async function wantedUse(em: EntityManager, pipeline: PipelineRow): Promise<WantedUse> {
  const { id, application, draft, draftAuthors } = pipeline;
  const [last] = await em.find(PipelineVersionRow, { pipeline: id }, { orderBy: { version: "desc" }, limit: 1 });
  const definition = draft ?? last?.definition;
  if (definition === undefined) throw new ApiError("DRAFT_MISSING");
  const policy = await currentPolicy(em, application);
  if (policy === null) throw new ApiError("POLICY_MISSING");
  const { partitions } = await findApplication(em, application);
  const runs = draft === null && pipeline.publishedVersion !== null && last !== undefined;
  const checked = checkedDefinition(definition, policy, { partitions, ...(runs ? { published: last.outputs } : {}) });
  const emitted = new Set(checked.outputs.map(({ name }) => name));
  const deliveries = (await em.find(DeliveryRow, { pipeline: id })).filter(({ output }) => emitted.has(output));
  const approvals = await approvedUses(em, id);
  const unapproved = deliveries.filter((one) => !isApproved(approvals, useOf(checked, [one])));
  const writers = draft !== null ? draftAuthors : (last?.authors ?? []);
  return {
    use: useOf(checked, deliveries),
    authors: new Set([...writers, ...unapproved.map(({ createdByPerson }) => createdByPerson)]),
  };
}

export async function approvedUses(em: EntityManager, pipeline: string): Promise<readonly PipelineUse[]> {
  return (await em.find(ApprovalRow, { pipeline, state: "approved" })).map(({ use }) => use);
}

/** What no approval permits yet, measured against the one that is nearest. */
export function unapprovedPart(approvals: readonly PipelineUse[], wanted: PipelineUse): PipelineUse {
  const size = ({ purposes, reads, discloses, destinations }: PipelineUse): number =>
    purposes.length + reads.length + discloses.length + destinations.length;
  const parts = approvals.map((approved) => widening(approved, wanted));
  return parts.sort((a, b) => size(a) - size(b))[0] ?? wanted;
}

/** Changes whenever what is to be approved does: who approves says what they have seen. */
export const fingerprint = (use: PipelineUse): string =>
  createHash("sha256").update(JSON.stringify(use)).digest("base64url").slice(0, 22);
