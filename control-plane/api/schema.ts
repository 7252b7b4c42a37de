import "reflect-metadata";
import { GraphQLInputObjectType, lexicographicSortSchema, printSchema, type GraphQLSchema } from "graphql/index.js";
import { buildSchemaSync, type PubSub } from "type-graphql";
import { AcknowledgeAlert } from "../modules/alert/acknowledge-alert.ts";
import { Alerts } from "../modules/alert/alerts.ts";
import { ApplicationQueries } from "../modules/application/applications.ts";
import { CreateApplication } from "../modules/application/create-application.ts";
import { DeleteApplication } from "../modules/application/delete-application.ts";
import { AuditLog } from "../modules/audit/audit-log.ts";
import { VerifyAuditLog } from "../modules/audit/verify-audit-log.ts";
import { CreateDelivery } from "../modules/destination/create-delivery.ts";
import { CreateDestination } from "../modules/destination/create-destination.ts";
import { DeleteDelivery } from "../modules/destination/delete-delivery.ts";
import { DeleteDestination } from "../modules/destination/delete-destination.ts";
import { TestDestination } from "../modules/destination/test-destination.ts";
import { DestinationSpecs } from "../modules/destination/destination-specs.ts";
import { DestinationQueries } from "../modules/destination/destinations.ts";
import { PipelineDeliveries } from "../modules/destination/pipeline-deliveries.ts";
import { EraseSubject } from "../modules/erasure/erase-subject.ts";
import { ErasureQueries } from "../modules/erasure/erasures.ts";
import { HubCredentials } from "../modules/credential/hub-credentials.ts";
import { RevokeCredentials } from "../modules/credential/revoke-credentials.ts";
import { AcceptInvitation } from "../modules/member/accept-invitation.ts";
import { DisableMember } from "../modules/member/disable-member.ts";
import { InviteMember } from "../modules/member/invite-member.ts";
import { MemberQueries } from "../modules/member/members.ts";
import { SetMemberRoles } from "../modules/member/set-member-roles.ts";
import { RotateMachineToken } from "../modules/token/rotate-machine-token.ts";
import { SetTenantQuotas } from "../modules/tenant/set-tenant-quotas.ts";
import { ApprovePipeline } from "../modules/pipeline/approve-pipeline.ts";
import { CreatePipeline } from "../modules/pipeline/create-pipeline.ts";
import { DeletePipeline } from "../modules/pipeline/delete-pipeline.ts";
import { PipelineApprovals } from "../modules/pipeline/pipeline-approvals.ts";
import { PipelineVersions } from "../modules/pipeline/pipeline-versions.ts";
import { PipelineQueries } from "../modules/pipeline/pipelines.ts";
import { PublishPipeline } from "../modules/pipeline/publish-pipeline.ts";
import { RequestApproval } from "../modules/pipeline/request-approval.ts";
import { RevokeApproval } from "../modules/pipeline/revoke-approval.ts";
import { SavePipelineDraft } from "../modules/pipeline/save-pipeline-draft.ts";
import { StepSpecs } from "../modules/pipeline/step-specs.ts";
import { UnpublishPipeline } from "../modules/pipeline/unpublish-pipeline.ts";
import { LaneHealthQuery } from "../modules/health/lane-health.ts";
import { TestPipeline } from "../modules/pipeline/test-pipeline.ts";
import { ValidatePipeline } from "../modules/pipeline/validate-pipeline.ts";
import { ApplicationPolicy } from "../modules/policy/application-policy.ts";
import { PolicyDiff } from "../modules/policy/policy-diff.ts";
import { PolicyPreviews } from "../modules/policy/policy-preview.ts";
import { PublishPolicy } from "../modules/policy/publish-policy.ts";
import { ExportReceipts } from "../modules/receipt/export-receipts.ts";
import { GiveConsent } from "../modules/receipt/give-consent.ts";
import { Receipts } from "../modules/receipt/receipts.ts";
import { WithdrawConsent } from "../modules/receipt/withdraw-consent.ts";
import { DeadLetters } from "../modules/result/dead-letters.ts";
import { Results } from "../modules/result/results.ts";
import { CreateSource } from "../modules/source/create-source.ts";
import { DeleteSource } from "../modules/source/delete-source.ts";
import { GrantSource } from "../modules/source/grant-source.ts";
import { SetConsentAuthority } from "../modules/source/set-consent-authority.ts";
import { RevokeSourceKey } from "../modules/source/revoke-source-key.ts";
import { RevokeSource } from "../modules/source/revoke-source.ts";
import { RotateSourceKey } from "../modules/source/rotate-source-key.ts";
import { SetSourceOrigins } from "../modules/source/set-source-origins.ts";
import { SourceQueries } from "../modules/source/sources.ts";
import { SubjectAccessFile } from "../modules/subject/subject-access.ts";
import { CreateTenant } from "../modules/tenant/create-tenant.ts";
import { MeQuery } from "../modules/tenant/me.ts";
import { CreateMachineToken } from "../modules/token/create-machine-token.ts";
import { MachineTokens } from "../modules/token/machine-tokens.ts";
import { RevokeMachineToken } from "../modules/token/revoke-machine-token.ts";

/** Every operation of the API: one that is not in this list does not exist. */
const resolvers = [
  AcknowledgeAlert,
  Alerts,
  SetTenantQuotas,
  RotateMachineToken,
  SetMemberRoles,
  MemberQueries,
  InviteMember,
  DisableMember,
  AcceptInvitation,
  ApplicationPolicy,
  ApplicationQueries,
  ApprovePipeline,
  AuditLog,
  CreateApplication,
  CreateDelivery,
  CreateDestination,
  CreateMachineToken,
  CreatePipeline,
  CreateSource,
  CreateTenant,
  DeadLetters,
  HubCredentials,
  RevokeCredentials,
  DeleteApplication,
  DeleteDelivery,
  DeleteDestination,
  DeletePipeline,
  DeleteSource,
  DestinationQueries,
  DestinationSpecs,
  EraseSubject,
  ErasureQueries,
  ExportReceipts,
  GiveConsent,
  GrantSource,
  SetConsentAuthority,
  LaneHealthQuery,
  MachineTokens,
  MeQuery,
  PipelineApprovals,
  PipelineDeliveries,
  PipelineQueries,
  PipelineVersions,
  PolicyDiff,
  PolicyPreviews,
  PublishPipeline,
  PublishPolicy,
  Receipts,
  Results,
  RequestApproval,
  RevokeApproval,
  RevokeMachineToken,
  RevokeSource,
  RevokeSourceKey,
  RotateSourceKey,
  SavePipelineDraft,
  SetSourceOrigins,
  SourceQueries,
  StepSpecs,
  SubjectAccessFile,
  TestPipeline,
  UnpublishPipeline,
  ValidatePipeline,
  WithdrawConsent,
  TestDestination,
  VerifyAuditLog,
] as const;

/** type-graphql insists on one; each subscription opens its own stream from the hub. */
const noPubSub: PubSub = {
  publish: () => undefined,
  subscribe: () => {
    throw new Error("there are no topics in this process");
  },
};

export function apiSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [...resolvers],
    pubSub: noPubSub,
    // page arguments alone carry class-validator's decorators
    validate: { forbidUnknownValues: false },
  });
  // type-graphql cannot say @oneOf; graphql-js validates, introspects and prints it once the type says so
  for (const type of Object.values(schema.getTypeMap())) {
    if (type instanceof GraphQLInputObjectType && type.extensions["oneOf"] === true) type.isOneOf = true;
  }
  return schema;
}

/** The SDL that is kept in `schema/graphql/schema.graphql`. */
export function printApiSchema(): string {
  return `${printSchema(lexicographicSortSchema(apiSchema()))}\n`;
}
