import { GraphQLDateTime } from "graphql-scalars";
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import type { FieldDeclaration, FieldType, LegalBasis, Purpose } from "@o2mc/schema/consent/policy.ts";
import type { PolicyRow } from "../../db/entities/policy.ts";

const LegalBasisEnum = {
  CONSENT: "consent",
  CONTRACT: "contract",
  LEGAL_OBLIGATION: "legal-obligation",
  VITAL_INTERESTS: "vital-interests",
  PUBLIC_TASK: "public-task",
  LEGITIMATE_INTERESTS: "legitimate-interests",
} as const satisfies Readonly<Record<string, LegalBasis>>;

const FieldTypeEnum = {
  STRING: "string",
  NUMBER: "number",
  INTEGER: "integer",
  BOOLEAN: "boolean",
  TIMESTAMP: "timestamp",
} as const satisfies Readonly<Record<string, FieldType>>;

registerEnumType(LegalBasisEnum, { name: "LegalBasis", description: "GDPR art. 6(1) a–f" });
registerEnumType(FieldTypeEnum, { name: "FieldType" });

@InputType("PurposeInput")
@ObjectType("Purpose")
export class PurposeModel implements Purpose {
  @Field(() => String, { description: "lower-case letters, digits and hyphens" })
  name!: string;

  @Field(() => String, { defaultValue: "" })
  description!: string;

  @Field(() => LegalBasisEnum)
  legalBasis!: LegalBasis;

  @Field(() => Int, { description: "how long a consent stays valid" })
  lifetimeDays!: number;
}

@InputType("FieldDeclarationInput")
@ObjectType("FieldDeclaration")
export class FieldDeclarationModel implements FieldDeclaration {
  @Field(() => String, { description: "dotted path below the event's `data`, or `$subject`, or `$ip`" })
  path!: string;

  @Field(() => FieldTypeEnum)
  type!: FieldType;

  @Field(() => [String], { description: "the purposes that may see it" })
  purposes!: string[];

  @Field(() => String, { defaultValue: "" })
  description!: string;
}

@ObjectType()
export class Policy {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => [PurposeModel])
  purposes!: readonly Purpose[];

  @Field(() => [FieldDeclarationModel])
  fields!: readonly FieldDeclaration[];

  @Field(() => String)
  publishedBy!: string;

  @Field(() => GraphQLDateTime)
  publishedAt!: Date;
}

export const toPolicy = ({ id, version, purposes, fields, publishedBy, publishedAt }: PolicyRow): Policy => ({
  id,
  version,
  purposes,
  fields,
  publishedBy,
  publishedAt,
});
