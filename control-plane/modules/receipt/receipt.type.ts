import { GraphQLDateTime } from "graphql-scalars";
import { Field, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { receiptState, type ReceiptState } from "@o2mc/schema/consent/receipt-state.ts";
import type { Collection, ConsentReceipt, ReceiptNotice, ReceiptPurpose } from "@o2mc/schema/consent/receipt.ts";
import type { LegalBasis } from "@o2mc/schema/consent/policy.ts";
import type { ReceiptAt } from "../../hub/receipts.ts";
import { LegalBasisEnum } from "../policy/policy.type.ts";

const ConsentEventEnum = { GIVEN: "given", WITHDRAWN: "withdrawn" } as const satisfies {
  readonly [Kind in ConsentReceipt["event"]["kind"] as Uppercase<Kind>]: Kind;
};
const CollectionMethodEnum = {
  WEB: "web",
  REST: "rest",
  EVENT: "event",
  SUPPORT: "support",
} as const satisfies { readonly [Method in Collection["method"] as Uppercase<Method>]: Method };
const ReceiptStateEnum = {
  GIVEN: "given",
  WITHDRAWN: "withdrawn",
  SUPERSEDED: "superseded",
  INVALIDATED: "invalidated",
  EXPIRED: "expired",
} as const satisfies { readonly [State in ReceiptState as Uppercase<State>]: State };
registerEnumType(ConsentEventEnum, { name: "ConsentEvent" });
registerEnumType(ReceiptStateEnum, {
  name: "ReceiptState",
  description: "what has become of a receipt's consent by now (the event state of ISO/IEC TS 27560)",
  valuesConfig: {
    SUPERSEDED: { description: "the subject has said something else since" },
    INVALIDATED: { description: "the policy has another version by now" },
    EXPIRED: { description: "the lifetimes of all of its purposes have ended" },
  },
});
registerEnumType(CollectionMethodEnum, {
  name: "CollectionMethod",
  valuesConfig: {
    WEB: { description: "by the edge, from a web source" },
    REST: { description: "by the edge, from a REST source" },
    EVENT: { description: "claimed by an event of a source that is an authority on consent" },
    SUPPORT: { description: "by a privacy officer, in the subject's name" },
  },
});

@ObjectType("ReceiptPurpose")
class ReceiptPurposeModel implements Omit<ReceiptPurpose, "validUntil"> {
  @Field(() => String)
  name!: string;

  @Field(() => String, { description: "the words that were shown; without a notice those that the policy has for it" })
  wording!: string;

  @Field(() => LegalBasisEnum)
  legalBasis!: LegalBasis;

  @Field(() => Int)
  lifetimeDays!: number;

  @Field(() => GraphQLDateTime, { description: "from then on it is expired" })
  validUntil!: Date;

  @Field(() => Boolean)
  expired!: boolean;
}

@ObjectType("ReceiptNotice", { description: "the text of the policy that the subject saw" })
class ReceiptNoticeModel implements ReceiptNotice {
  @Field(() => ID, { description: "of the wording in the policy of the receipt's version" })
  id!: string;

  @Field(() => String)
  language!: string;

  @Field(() => String, { description: "hex SHA-256 over the wording's canonical JSON" })
  hash!: string;
}

@ObjectType("ConsentReceipt", { description: "proof of what a subject said (ISO/IEC TS 27560)" })
export class ReceiptModel {
  @Field(() => ID)
  id!: string;

  @Field(() => ConsentEventEnum)
  event!: ConsentReceipt["event"]["kind"];

  @Field(() => ReceiptStateEnum)
  state!: ReceiptState;

  @Field(() => GraphQLDateTime)
  at!: Date;

  @Field(() => String, { description: "what the tenant's key makes of the subject" })
  subjectKey!: string;

  @Field(() => [ReceiptPurposeModel])
  purposes!: readonly ReceiptPurposeModel[];

  @Field(() => Int)
  policyVersion!: number;

  @Field(() => ReceiptNoticeModel, { nullable: true, description: "null = it is not known what was shown" })
  notice!: ReceiptNotice | null;

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

  @Field(() => String, { description: "for `before`" })
  cursor!: string;
}

interface Now {
  /** epoch ms */
  readonly now: number;
  /** of the policy in force */
  readonly policyVersion: number;
  /** of the subject's newest receipt */
  readonly newest: number;
}

export const toReceipt = ({ stored, seq }: ReceiptAt, { now, policyVersion, newest }: Now): ReceiptModel => {
  const { receipt, hash } = stored;
  return {
    id: receipt.id,
    event: receipt.event.kind,
    state: receiptState(receipt, { now, policyVersion, newest: seq === newest }),
    at: new Date(receipt.event.at),
    subjectKey: receipt.subjectKey,
    purposes: receipt.purposes.map((purpose) => {
      const validUntil = new Date(purpose.validUntil);
      return { ...purpose, validUntil, expired: validUntil.getTime() <= now };
    }),
    policyVersion: receipt.policyVersion,
    notice: receipt.notice ?? null,
    method: receipt.collection.method,
    by: receipt.collection.by,
    optedOut: receipt.collection.optedOut,
    controller: receipt.controller.name,
    jurisdiction: receipt.jurisdiction,
    hash,
    cursor: String(seq),
  };
};
