import { GraphQLDateTime } from "graphql-scalars";
import { Field, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import type { Collection, ConsentReceipt, ReceiptPurpose, StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import type { LegalBasis } from "@o2mc/schema/consent/policy.ts";
import { LegalBasisEnum } from "../policy/policy.type.ts";

const ConsentEventEnum = { GIVEN: "given", WITHDRAWN: "withdrawn" } as const satisfies Readonly<
  Record<string, ConsentReceipt["event"]["kind"]>
>;
const CollectionMethodEnum = { WEB: "web", REST: "rest", SUPPORT: "support" } as const satisfies Readonly<
  Record<string, Collection["method"]>
>;
registerEnumType(ConsentEventEnum, { name: "ConsentEvent" });
registerEnumType(CollectionMethodEnum, {
  name: "CollectionMethod",
  valuesConfig: {
    WEB: { description: "by the edge, from a web source" },
    REST: { description: "by the edge, from a REST source" },
    SUPPORT: { description: "by a privacy officer, in the subject's name" },
  },
});

@ObjectType("ReceiptPurpose")
class ReceiptPurposeModel implements Omit<ReceiptPurpose, "validUntil"> {
  @Field(() => String)
  name!: string;

  @Field(() => String, { description: "the words that the policy has for it" })
  wording!: string;

  @Field(() => LegalBasisEnum)
  legalBasis!: LegalBasis;

  @Field(() => Int)
  lifetimeDays!: number;

  @Field(() => GraphQLDateTime, { description: "from then on it is expired" })
  validUntil!: Date;
}

@ObjectType("ConsentReceipt", { description: "proof of what a subject said (ISO/IEC TS 27560)" })
export class ReceiptModel {
  @Field(() => ID)
  id!: string;

  @Field(() => ConsentEventEnum)
  event!: ConsentReceipt["event"]["kind"];

  @Field(() => GraphQLDateTime)
  at!: Date;

  @Field(() => String, { description: "what the tenant's key makes of the subject" })
  subjectKey!: string;

  @Field(() => [ReceiptPurposeModel])
  purposes!: readonly ReceiptPurposeModel[];

  @Field(() => Int)
  policyVersion!: number;

  @Field(() => CollectionMethodEnum)
  method!: Collection["method"];

  @Field(() => String, { description: "the source, or who acted" })
  by!: string;

  @Field(() => [String], { description: "purposes that were asked for and that a signal of the subject denied" })
  optedOut!: readonly string[];

  @Field(() => String)
  controller!: string;

  @Field(() => String)
  jurisdiction!: string;

  @Field(() => String, { description: "hex SHA-256 over the receipt before it and this one" })
  hash!: string;
}

export const toReceipt = ({ receipt, hash }: StoredReceipt): ReceiptModel => ({
  id: receipt.id,
  event: receipt.event.kind,
  at: new Date(receipt.event.at),
  subjectKey: receipt.subjectKey,
  purposes: receipt.purposes.map((purpose) => ({ ...purpose, validUntil: new Date(purpose.validUntil) })),
  policyVersion: receipt.policyVersion,
  method: receipt.collection.method,
  by: receipt.collection.by,
  optedOut: receipt.collection.optedOut,
  controller: receipt.controller.name,
  jurisdiction: receipt.jurisdiction,
  hash,
});
