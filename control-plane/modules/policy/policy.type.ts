import { GraphQLDateTime } from "graphql-scalars";
import { Extensions, Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import type {
  AnonymizedUse,
  AnonymizeMethod,
  RotationPeriod,
  TimeUnit,
  FieldDeclaration,
  FieldType,
  LegalBasis,
  Level,
  Purpose,
  SignalEffect,
  SignalMeaning,
  TcfMeaning,
  Wording,
} from "@o2mc/schema/consent/policy.ts";
import { defaultSignals } from "@o2mc/schema/consent/signals.ts";
import { anonymize } from "@o2mc/schema/pipeline/steps/anonymize.ts";
import { wordsEnum } from "../../api/option-inputs.ts";
import type { PolicyRow } from "../../db/entities/policy.ts";

export const LegalBasisEnum = {
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

const SignalEffectEnum = { DENY: "deny", IGNORE: "ignore" } as const satisfies Readonly<Record<string, SignalEffect>>;
registerEnumType(SignalEffectEnum, {
  name: "SignalEffect",
  valuesConfig: {
    DENY: { description: "who sends it has denied the purpose, whatever else they have said" },
    IGNORE: { description: "it says nothing about the purpose" },
  },
});

const { method, to, rotate } = anonymize.options;
const AnonymizeMethodEnum = wordsEnum(method.name, method.words);
const AnonymizeUnitEnum = wordsEnum(to.name, to.words);
const AnonymizeRotationEnum = wordsEnum(rotate.name, rotate.words);

@InputType("TcfMeaningInput")
@ObjectType("TcfMeaning")
class TcfMeaningModel implements TcfMeaning {
  @Field(() => [Int], { description: "purposes of the framework, all of which must be granted (1 to 24)" })
  purposes!: number[];

  @Field(() => Int, { nullable: true, description: "the vendor that must be granted and disclosed too" })
  vendor!: number | null;
}

@InputType("SignalMeaningInput")
@ObjectType("SignalMeaning", {
  description: "signals only ever deny; of several, and of a consent, the strictest counts",
})
class SignalMeaningModel implements SignalMeaning {
  @Field(() => SignalEffectEnum, { description: "Global Privacy Control (`Sec-GPC: 1`)" })
  gpc!: SignalEffect;

  @Field(() => SignalEffectEnum, { description: "Do Not Track (`DNT: 1`)" })
  dnt!: SignalEffect;

  @Field(() => TcfMeaningModel, {
    nullable: true,
    description: "what an IAB TCF 2 string, where one is sent, must grant",
  })
  tcf!: TcfMeaningModel | null;
}

@InputType("LevelInput")
@ObjectType("Level", { description: "a named bundle of purposes; each holds all of the one before" })
export class LevelModel implements Level {
  @Field(() => String)
  name!: string;

  @Field(() => [String])
  purposes!: string[];
}

@InputType("WordingPurposeInput")
@ObjectType("WordingPurpose")
class WordingPurposeModel {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  text!: string;
}

@InputType("WordingInput")
@ObjectType("Wording", { description: "a banner's or form's text in one language; receipts name it with its hash" })
export class WordingModel implements Wording {
  @Field(() => ID, { description: "lower-case letters, digits and hyphens" })
  id!: string;

  @Field(() => String, { description: "BCP 47, such as en or nl-BE" })
  language!: string;

  @Field(() => String, { description: "what stands above the choices" })
  text!: string;

  @Extensions({ assumedLength: 3 })
  @Field(() => [WordingPurposeModel], { description: "what stands at each purpose; all that rest on consent have one" })
  purposes!: WordingPurposeModel[];
}

@InputType("AnonymizedUseInput")
@ObjectType("AnonymizedUse")
class AnonymizedUseModel implements Omit<AnonymizedUse, "keep" | "step" | "to" | "rotate"> {
  @Field(() => [AnonymizeMethodEnum])
  methods!: AnonymizeMethod[];

  @Field(() => [String], { description: "the purposes that may see what one of the methods leaves" })
  purposes!: string[];

  @Field(() => Int, {
    nullable: true,
    description: "of mask and truncate: the most characters that may stay; none when left out",
  })
  keep!: number | null;

  @Field(() => Float, { nullable: true, description: "of generalise, which needs it for numbers: the least step" })
  step!: number | null;

  @Field(() => AnonymizeUnitEnum, {
    nullable: true,
    description: "of generalise, which needs it for timestamps: the finest unit",
  })
  to!: TimeUnit | null;

  @Field(() => AnonymizeRotationEnum, {
    nullable: true,
    description: "of hash: the longest time after which its salt must be another; it need not change when left out",
  })
  rotate!: RotationPeriod | null;
}

@InputType("PurposeInput")
@ObjectType("Purpose")
export class PurposeModel implements Omit<Purpose, "signals"> {
  @Field(() => String, { description: "lower-case letters, digits and hyphens" })
  name!: string;

  @Field(() => String, { defaultValue: "" })
  description!: string;

  @Field(() => LegalBasisEnum)
  legalBasis!: LegalBasis;

  @Field(() => Int, { description: "how long a consent stays valid" })
  lifetimeDays!: number;

  @Field(() => SignalMeaningModel, {
    nullable: true,
    description:
      "what signals of the subject's browser or consent tool mean for it; when left out, GPC and DNT deny what rests on " +
      "consent, legitimate interests or a public task",
  })
  signals!: SignalMeaningModel | null;
}

@InputType("FieldDeclarationInput")
@ObjectType("FieldDeclaration")
export class FieldDeclarationModel implements Omit<FieldDeclaration, "anonymized"> {
  @Field(() => String, { description: "dotted path below the event's `data`, or `$subject`, or `$ip`" })
  path!: string;

  @Field(() => FieldTypeEnum)
  type!: FieldType;

  @Field(() => [String], { description: "the purposes that may see it" })
  purposes!: string[];

  @Field(() => String, { defaultValue: "" })
  description!: string;

  @Field(() => [AnonymizedUseModel], {
    defaultValue: [],
    description: "who may see what `anonymize` leaves of it, in outputs; a lane carries it for `purposes` alone",
  })
  anonymized!: AnonymizedUseModel[];
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

  @Field(() => [LevelModel])
  levels!: readonly Level[];

  @Extensions({ assumedLength: 2 })
  @Field(() => [WordingModel])
  wordings!: readonly Wording[];

  @Field(() => String, { description: "the purpose that receipts are processed for; empty = none" })
  receiptsPurpose!: string;

  @Field(() => String, { description: "who answers for the processing" })
  controller!: string;

  @Field(() => String, { description: "whose law it is" })
  jurisdiction!: string;

  @Field(() => String)
  publishedBy!: string;

  @Field(() => GraphQLDateTime)
  publishedAt!: Date;
}

export const toPolicy = (row: PolicyRow): Policy => ({
  id: row.id,
  version: row.version,
  purposes: row.purposes.map((purpose) => ({ signals: defaultSignals(purpose.legalBasis), ...purpose })),
  fields: row.fields.map((field) => ({ anonymized: [], ...field })),
  levels: row.levels,
  wordings: row.wordings,
  receiptsPurpose: row.receiptsPurpose,
  controller: row.controller,
  jurisdiction: row.jurisdiction,
  publishedBy: row.publishedBy,
  publishedAt: row.publishedAt,
});
