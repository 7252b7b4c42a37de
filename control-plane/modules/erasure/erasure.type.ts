import { GraphQLDateTime, GraphQLJSONObject } from "graphql-scalars";
import { Field, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { enumName } from "@o2mc/schema/options/enum-name.ts";
import { connectionType } from "../../api/connection.ts";
import type { ErasurePartKind, ErasurePartRow, ErasurePartState } from "../../db/entities/erasure-part.ts";
import type { ErasureRow } from "../../db/entities/erasure.ts";

const KINDS: Readonly<Record<ErasurePartKind, string>> = {
  consent: "withdrawn, with a receipt; a denial stays",
  process: "sessions and windows that were open, and their checkpoints; windows over several subjects stay",
  destinations: "of each delivery: rows deleted, or their owner told which to forget",
  "dead-letters": "events and results that could not be used",
};
const STATES: Readonly<Record<ErasurePartState, string>> = {
  open: "to do; after a failure it is tried again until it is done",
  waiting: "begun; done when what it waits for is",
  done: "nothing of the subject is left there",
};

const enumOf = <T extends string>(descriptions: Readonly<Record<T, string>>, name: string) => {
  const values = Object.keys(descriptions) as T[];
  const type = Object.fromEntries(values.map((value) => [enumName(value), value])) as Readonly<Record<string, T>>;
  const valuesConfig = Object.fromEntries(
    values.map((value) => [enumName(value), { description: descriptions[value] }]),
  );
  registerEnumType(type, { name, valuesConfig });
  return type;
};
const Kind = enumOf(KINDS, "ErasurePartKind");
const State = enumOf(STATES, "ErasurePartState");

@ObjectType({ description: "one place that an erasure has to reach" })
export class ErasurePart {
  @Field(() => Kind)
  kind!: ErasurePartKind;

  @Field(() => State)
  state!: ErasurePartState;

  @Field(() => Int, { description: "that failed" })
  attempts!: number;

  @Field(() => String, { nullable: true })
  lastError!: string | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: "what was done there" })
  receipt!: Readonly<Record<string, unknown>> | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  doneAt!: Date | null;
}

@ObjectType({ description: "that a subject is to be forgotten (GDPR art. 17), and how far that is" })
export class Erasure {
  @Field(() => ID)
  id!: string;

  @Field(() => ID)
  application!: string;

  @Field(() => String, { description: "what the tenant's key makes of the subject, who is named nowhere" })
  subjectKey!: string;

  @Field(() => String)
  requestedBy!: string;

  @Field(() => GraphQLDateTime)
  requestedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "every part is done" })
  doneAt!: Date | null;
}

export const ErasureConnection = connectionType(Erasure, "Erasure");

export const toErasure = ({ id, application, subjectKey, requestedBy, createdAt, doneAt }: ErasureRow): Erasure => ({
  id,
  application,
  subjectKey,
  requestedBy,
  requestedAt: createdAt,
  doneAt,
});

export const toErasurePart = ({ kind, state, attempts, lastError, receipt, doneAt }: ErasurePartRow): ErasurePart => ({
  kind,
  state,
  attempts,
  lastError,
  receipt,
  doneAt,
});
