import { GraphQLDateTime, GraphQLJSONObject } from "graphql-scalars";
import { Field, ID, ObjectType, registerEnumType } from "type-graphql";
import { SECRET_OPTIONS } from "@o2mc/schema/destinations/options.ts";
import { connectionType } from "../../api/connection.ts";
import type { DestinationRow } from "../../db/entities/destination.ts";
import { secretContext, type SecretBox } from "../../db/secret.ts";

const DestinationKind = { POSTGRES: "postgres", WEBHOOK: "webhook", FILE: "file" } as const;
registerEnumType(DestinationKind, { name: "DestinationKind" });

@ObjectType()
export class Destination {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => DestinationKind)
  kind!: DestinationRow["kind"];

  @Field(() => GraphQLJSONObject, { description: "of its kind, without the secrets" })
  options!: Readonly<Record<string, unknown>>;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

export const DestinationConnection = connectionType(Destination, "Destination");

export function toDestination(row: DestinationRow, secrets: SecretBox): Destination {
  const { id, tenant, name, kind, createdAt } = row;
  const sealed = secrets.open(row.options, secretContext.destination(tenant, id));
  const all = (JSON.parse(sealed) as Record<string, Record<string, unknown>>)[kind] ?? {};
  const hidden: readonly string[] = SECRET_OPTIONS[kind];
  const options = Object.fromEntries(Object.entries(all).filter(([option]) => !hidden.includes(option)));
  return { id, name, kind, options, createdAt };
}
