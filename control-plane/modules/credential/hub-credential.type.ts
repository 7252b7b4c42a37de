import { GraphQLDateTime } from "graphql-scalars";
import { Field, ID, ObjectType, registerEnumType } from "type-graphql";
import type { IssuedCredential } from "../../hub/directory.ts";

export const DataPlaneRole = { EDGE: "edge", PROCESS: "process", DELIVER: "deliver" } as const;
export type DataPlaneRole = (typeof DataPlaneRole)[keyof typeof DataPlaneRole];

registerEnumType(DataPlaneRole, { name: "DataPlaneRole" });

@ObjectType({
  description:
    "what lets the data plane into the tenant's hub: for each worker a user for edge, for deliver, for each lane of process",
})
export class HubCredential {
  @Field(() => DataPlaneRole)
  role!: DataPlaneRole;

  @Field(() => String, { description: "the name under which the platform's operator has enrolled it" })
  worker!: string;

  @Field(() => ID, { nullable: true, description: "PROCESS only" })
  application!: string | null;

  @Field(() => String, { nullable: true, description: "PROCESS only: the one lane that it opens" })
  lane!: string | null;

  @Field(() => GraphQLDateTime)
  issuedAt!: Date;

  @Field(() => GraphQLDateTime, { description: "renewed by itself before" })
  expiresAt!: Date;
}

export const toHubCredential = ({ role, worker, lane, issued, expires }: IssuedCredential): HubCredential => ({
  role,
  worker,
  application: lane?.application ?? null,
  lane: lane?.id ?? null,
  issuedAt: new Date(issued * 1000),
  expiresAt: new Date(expires * 1000),
});
