import { GraphQLDateTime } from "graphql-scalars";
import { Field, ID, Int, ObjectType } from "type-graphql";
import { connectionType } from "../../api/connection.ts";
import type { ApplicationRow } from "../../db/entities/application.ts";

@ObjectType()
export class Application {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  slug!: string;

  @Field(() => String)
  name!: string;

  @Field(() => Int)
  partitions!: number;

  @Field(() => Int, { description: "of the deployment; rises with every change that the data plane is told of" })
  revision!: number;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

export const ApplicationConnection = connectionType(Application, "Application");

export const toApplication = ({ id, slug, name, partitions, revision, createdAt }: ApplicationRow): Application =>
  Object.assign(new Application(), { id, slug, name, partitions, revision, createdAt });
