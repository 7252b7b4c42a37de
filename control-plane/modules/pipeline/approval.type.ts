import { GraphQLDateTime } from "graphql-scalars";
import { Field, Float, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import type { AnonymizeMethod, RotationPeriod, TimeUnit } from "@o2mc/schema/consent/policy.ts";
import { anonymize } from "@o2mc/schema/pipeline/steps/anonymize.ts";
import type { DisclosedTo, Disclosure, PipelineUse } from "@o2mc/schema/pipeline/use.ts";
import { wordsEnum } from "../../api/option-inputs.ts";
import type { ApprovalRow, ApprovalState } from "../../db/entities/approval.ts";
import { fingerprint } from "./pipeline-use.ts";

const AnonymizeMethodEnum = wordsEnum("AnonymizeMethod", anonymize.options.method.words);
const AnonymizeUnitEnum = wordsEnum("AnonymizeUnit", anonymize.options.to.words);
const AnonymizeRotationEnum = wordsEnum("AnonymizeRotation", anonymize.options.rotate.words);
const ApprovalStateEnum = { ASKED: "asked", APPROVED: "approved", REVOKED: "revoked" } as const satisfies Readonly<
  Record<string, ApprovalState>
>;
registerEnumType(ApprovalStateEnum, { name: "ApprovalState" });

@ObjectType("Disclosure", { description: "a field that tells in an output: by a column, or by what picked the rows" })
class DisclosureModel implements Disclosure {
  @Field(() => String)
  output!: string;

  @Field(() => String)
  field!: string;

  @Field(() => AnonymizeMethodEnum, { nullable: true, description: "as the policy accepts it; null = as it is" })
  anonymized!: AnonymizeMethod | null;

  @Field(() => Int, { nullable: true, description: "of mask and truncate: characters that stay; null = none" })
  keep!: number | null;

  @Field(() => Float, { nullable: true, description: "of generalise: the multiples that are left of the number" })
  roundedTo!: number | null;

  @Field(() => AnonymizeUnitEnum, { nullable: true, description: "of generalise: the unit that is left of the time" })
  unit!: TimeUnit | null;

  @Field(() => AnonymizeRotationEnum, {
    nullable: true,
    description: "of hash: how long the same value gives the same; null = for ever",
  })
  rotate!: RotationPeriod | null;
}

@ObjectType("DisclosedTo")
class DisclosedToModel implements DisclosedTo {
  @Field(() => String)
  output!: string;

  @Field(() => ID)
  destination!: string;
}

@ObjectType("PipelineUse", { description: "what a privacy officer approves of a pipeline" })
export class PipelineUseModel implements PipelineUse {
  @Field(() => [String])
  purposes!: readonly string[];

  @Field(() => [String], { description: "fields that it reads" })
  reads!: readonly string[];

  @Field(() => [DisclosureModel])
  discloses!: readonly Disclosure[];

  @Field(() => [DisclosedToModel])
  destinations!: readonly DisclosedTo[];

  @Field(() => String, { description: "of all of this; for `approvePipeline(seen)`" })
  fingerprint!: string;
}

@ObjectType()
export class Approval {
  @Field(() => ID)
  id!: string;

  @Field(() => ID)
  pipeline!: string;

  @Field(() => ApprovalStateEnum)
  state!: ApprovalState;

  @Field(() => PipelineUseModel)
  use!: PipelineUseModel;

  @Field(() => [String])
  purposes!: readonly string[];

  @Field(() => String, { nullable: true })
  askedBy!: string | null;

  @Field(() => String, { nullable: true, description: "who approved, refused or revoked it" })
  decidedBy!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  decidedAt!: Date | null;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

export const toPipelineUse = (use: PipelineUse): PipelineUseModel => ({ ...use, fingerprint: fingerprint(use) });

export const toApproval = ({ use, ...row }: ApprovalRow): Approval => ({
  id: row.id,
  pipeline: row.pipeline,
  state: row.state,
  use: toPipelineUse(use),
  purposes: use.purposes,
  askedBy: row.askedBy,
  decidedBy: row.decidedBy,
  decidedAt: row.decidedAt,
  createdAt: row.createdAt,
});
