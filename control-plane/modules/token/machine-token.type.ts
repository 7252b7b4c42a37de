import { GraphQLDateTime } from "graphql-scalars";
import { Field, ID, ObjectType } from "type-graphql";
import { connectionType } from "../../api/connection.ts";
import type { MachineTokenRow } from "../../db/entities/machine-token.ts";

@ObjectType()
export class MachineToken {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => [String])
  scopes!: readonly string[];

  @Field(() => String)
  createdBy!: string;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime)
  expiresAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true })
  revokedAt!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "until when the secret before the last rotation goes on",
  })
  previousUntil!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "to the minute" })
  lastUsedAt!: Date | null;
}

@ObjectType()
export class NewMachineToken {
  @Field(() => MachineToken)
  machineToken!: MachineToken;

  @Field(() => String, { description: "shown this once; sent as `Authorization: Bearer …`" })
  secret!: string;
}

export const MachineTokenConnection = connectionType(MachineToken, "MachineToken");

export const toMachineToken = (row: MachineTokenRow): MachineToken => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes,
  createdBy: row.createdBy,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  revokedAt: row.revokedAt,
  previousUntil: row.previousUntil,
  lastUsedAt: row.lastUsedAt,
});
