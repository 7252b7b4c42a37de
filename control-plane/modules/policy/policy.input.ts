import { ArgsType, Field, ID } from "type-graphql";
import type { FieldDeclaration, Level, Policy, Purpose, Wording } from "@o2mc/schema/consent/policy.ts";
import { withReceiptFields } from "@o2mc/schema/consent/receipt-fields.ts";
import { FieldDeclarationModel, LevelModel, PurposeModel, WordingModel } from "./policy.type.ts";

/** A policy as it is written: what `publishPolicy` takes, and `policyPreview` before it. */
@ArgsType()
export class PolicyArgs {
  @Field(() => ID)
  application!: string;

  @Field(() => [PurposeModel])
  purposes!: PurposeModel[];

  @Field(() => [FieldDeclarationModel])
  fields!: FieldDeclarationModel[];

  @Field(() => [LevelModel], { defaultValue: [], description: "from the least to the most" })
  levels!: LevelModel[];

  @Field(() => [WordingModel], {
    defaultValue: [],
    description: "what subjects are shown when they are asked, one in each language",
  })
  wordings!: WordingModel[];

  @Field(() => String, {
    defaultValue: "",
    description:
      "the purpose, a legal obligation, that receipts are processed for: its pipelines get the fields `receipt.…`, which " +
      "are declared by this, and nothing but receipts; empty = none",
  })
  receiptsPurpose!: string;

  @Field(() => String, { defaultValue: "", description: "who answers for the processing: stands in receipts" })
  controller!: string;

  @Field(() => String, { defaultValue: "", description: "whose law it is, such as EU: stands in receipts" })
  jurisdiction!: string;
}

export type PolicyParts = Required<Omit<Policy, "version">>;

/** The policy as plain JSON, without what was left out. */
export function plainPolicy(input: PolicyArgs): PolicyParts {
  const { purposes, fields, levels, wordings, receiptsPurpose, controller, jurisdiction } = input;
  const own = fields.map(plainField);
  return {
    purposes: purposes.map(plainPurpose),
    fields: receiptsPurpose === "" ? own : withReceiptFields(own, receiptsPurpose),
    levels: levels.map(({ name, purposes: bundle }): Level => ({ name, purposes: bundle })),
    wordings: wordings.map(plainWording),
    receiptsPurpose,
    controller: controller.trim(),
    jurisdiction: jurisdiction.trim(),
  };
}

const plainWording = ({ id, language, text, purposes }: WordingModel): Wording => ({
  id,
  language,
  text,
  purposes: purposes.map(({ name, text: shown }) => ({ name, text: shown })),
});

function plainPurpose({ name, description, legalBasis, lifetimeDays, signals }: PurposeModel): Purpose {
  const plain = { name, description, legalBasis, lifetimeDays };
  if (signals == null) return plain;
  const { gpc, dnt, tcf } = signals;
  const meaning = tcf == null ? null : { purposes: tcf.purposes, vendor: tcf.vendor ?? null };
  return { ...plain, signals: { gpc, dnt, tcf: meaning } };
}

function plainField({ path, type, purposes, description, anonymized }: FieldDeclarationModel): FieldDeclaration {
  const plain = { path, type, purposes, description };
  if (anonymized.length === 0) return plain;
  return {
    ...plain,
    anonymized: anonymized.map(({ methods, purposes: seenBy, keep, step, to, rotate }) => ({
      methods,
      purposes: seenBy,
      ...(keep == null ? {} : { keep }),
      ...(step == null ? {} : { step }),
      ...(to == null ? {} : { to }),
      ...(rotate == null ? {} : { rotate }),
    })),
  };
}
