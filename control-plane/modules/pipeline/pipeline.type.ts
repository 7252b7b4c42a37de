import { GraphQLDateTime, GraphQLJSONObject } from "graphql-scalars";
import { Field, ID, Int, ObjectType } from "type-graphql";
import type { PipelineDefinition } from "@o2mc/schema/pipeline/definition.ts";
import { connectionType } from "../../api/connection.ts";
import type { PipelineRow } from "../../db/entities/pipeline.ts";

@ObjectType()
export class Pipeline {
  @Field(() => ID)
  id!: string;

  @Field(() => ID)
  application!: string;

  @Field(() => String)
  name!: string;

  @Field(() => GraphQLJSONObject, { nullable: true })
  draft!: PipelineDefinition | null;

  @Field(() => Int, { nullable: true, description: "the version that runs; null = none" })
  publishedVersion!: number | null;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

export const PipelineConnection = connectionType(Pipeline, "Pipeline");

export const toPipeline = (row: PipelineRow): Pipeline =>
  Object.assign(new Pipeline(), {
    id: row.id,
    application: row.application,
    name: row.name,
    draft: row.draft,
    publishedVersion: row.publishedVersion,
    createdAt: row.createdAt,
  });
