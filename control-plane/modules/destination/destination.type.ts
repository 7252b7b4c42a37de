import { GraphQLDateTime, GraphQLJSONObject } from "graphql-scalars";
import { Field, ID, ObjectType } from "type-graphql";
import { DESTINATIONS, destinationOf, type DestinationKind } from "@o2mc/schema/destinations/destinations.ts";
import { withoutSecrets } from "@o2mc/schema/options/without-secrets.ts";
import { connectionType } from "../../api/connection.ts";
import { wordsEnum } from "../../api/option-inputs.ts";
import type { DestinationRow } from "../../db/entities/destination.ts";
import { secretContext, type SecretBox } from "../../db/secret.ts";

export const DestinationKindEnum = wordsEnum(
  "DestinationKind",
  Object.fromEntries(DESTINATIONS.map(({ kind, summary }) => [kind, summary])),
);

@ObjectType()
export class Destination {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => DestinationKindEnum)
  kind!: DestinationKind;

  @Field(() => GraphQLJSONObject, { description: "of its kind, without the secrets" })
  options!: Readonly<Record<string, unknown>>;

  @Field(() => [String], { nullable: true, description: "what it uses data for; null = the pipeline's own purposes" })
  purposes!: readonly string[] | null;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

export const DestinationConnection = connectionType(Destination, "Destination");

export function toDestination(row: DestinationRow, secrets: SecretBox): Destination {
  const { id, tenant, name, kind, purposes, createdAt } = row;
  const sealed = secrets.open(row.options, secretContext.destination(tenant, id));
  const all = JSON.parse(sealed) as Readonly<Record<string, unknown>>;
  const options = withoutSecrets(destinationOf(kind).options, all[kind]);
  return { id, name, kind, options, purposes, createdAt };
}
