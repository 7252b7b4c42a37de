import { GraphQLDateTime, GraphQLJSONObject } from "graphql-scalars";
import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from "type-graphql";
import type { PipelineDefinition } from "@o2mc/schema/pipeline/definition.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import type { Context } from "../../api/context.ts";
import { read } from "../../api/scope.ts";
import { PipelineVersionRow } from "../../db/entities/pipeline-version.ts";
import { PipelineOutput } from "./pipeline-output.type.ts";
import { Pipeline } from "./pipeline.type.ts";

@ObjectType()
class PipelineVersion {
  @Field(() => Int)
  version!: number;

  @Field(() => GraphQLJSONObject)
  definition!: PipelineDefinition;

  @Field(() => [PipelineOutput])
  outputs!: readonly OutputType[];

  @Field(() => String)
  publishedBy!: string;

  @Field(() => GraphQLDateTime)
  publishedAt!: Date;
}

@Resolver(() => Pipeline)
export class PipelineVersions {
  @FieldResolver(() => [PipelineVersion], { description: "newest first, at most 50" })
  versions(@Root() { id }: Pipeline, @Ctx() context: Context): Promise<PipelineVersion[]> {
    return read(context, "pipeline.read", async ({ em }) => {
      const rows = await em.find(PipelineVersionRow, { pipeline: id }, { orderBy: { version: "desc" }, limit: 50 });
      return rows.map(({ version, definition, outputs, publishedBy, publishedAt }) => ({
        version,
        definition,
        outputs,
        publishedBy,
        publishedAt,
      }));
    });
  }
}
