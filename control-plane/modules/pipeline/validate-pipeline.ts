import { Arg, Ctx, Field, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { ColumnType } from "@o2mc/schema/pipeline/columns.ts";
import { placeId } from "@o2mc/schema/pipeline/place.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { validateDefinition, type DefinitionFault } from "@o2mc/schema/pipeline/validate.ts";
import type { Context } from "../../api/context.ts";
import { currentPolicy, findApplication } from "../../api/find.ts";
import { read } from "../../api/scope.ts";
import { ApiError } from "../../errors/api-error.ts";
import { PipelineDefinitionInput, plainDefinition } from "./definition.input.ts";
import { OutputColumn, PipelineOutput } from "./pipeline-output.type.ts";

@ObjectType({ description: "one thing that is wrong with a definition" })
export class DefinitionFaultModel {
  @Field(() => String, { description: "stable, such as `type-mismatch`" })
  code!: string;

  @Field(() => String)
  message!: string;

  @Field(() => String, {
    nullable: true,
    description: "of the step, such as `3.case-2.1`; null = the whole definition",
  })
  place!: string | null;

  @Field(() => String, { nullable: true, description: "the expression that is wrong" })
  expression!: string | null;

  @Field(() => Int, { nullable: true, description: "in the expression, from 1" })
  line!: number | null;

  @Field(() => Int, { nullable: true, description: "in the line, from 1" })
  column!: number | null;

  @Field(() => String, { nullable: true, description: "the type that is wanted" })
  expected!: string | null;

  @Field(() => String, { nullable: true, description: "the type that is there" })
  found!: string | null;

  @Field(() => String, { nullable: true, description: "the known name that is nearest to the unknown one" })
  near!: string | null;
}

@ObjectType({ description: "the rows behind one step" })
export class StepColumns {
  @Field(() => String, { description: "such as `3.case-2.1`" })
  place!: string;

  @Field(() => String)
  verb!: string;

  @Field(() => [OutputColumn])
  columns!: readonly ColumnType[];
}

@ObjectType()
class PipelineValidation {
  @Field(() => Boolean, { description: "it could be published under the policy in force, given its approval" })
  valid!: boolean;

  @Field(() => [DefinitionFaultModel], {
    description: "all of them, in the definition's order, but for those that hang on another",
  })
  faults!: readonly DefinitionFaultModel[];

  @Field(() => [StepColumns], { description: "as far as the definition is right" })
  steps!: readonly StepColumns[];

  @Field(() => [PipelineOutput])
  outputs!: readonly OutputType[];

  @Field(() => [String], { description: "the policy's fields that it reads" })
  reads!: readonly string[];
}

@Resolver()
export class ValidatePipeline {
  @Query(() => PipelineValidation, {
    description: "Everything that is wrong with a definition, and the types behind its steps; stores nothing.",
  })
  validatePipeline(
    @Arg("application", () => ID) id: string,
    @Arg("definition", () => PipelineDefinitionInput) definition: PipelineDefinitionInput,
    @Ctx() context: Context,
  ): Promise<PipelineValidation> {
    return read(context, "pipeline.read", async ({ em }) => {
      const application = await findApplication(em, id);
      const policy = await currentPolicy(em, id);
      if (policy === null) throw new ApiError("POLICY_MISSING");
      const { faults, steps, outputs, reads } = validateDefinition(plainDefinition(definition), policy, application);
      return {
        valid: faults.length === 0,
        faults: faults.map(toFault),
        steps: steps.map(({ place, verb, columns }) => ({ place: placeId(place), verb, columns })),
        outputs,
        reads,
      };
    });
  }
}

export function toFault({ place, expression, line, column, expected, found, near, ...rest }: DefinitionFault) {
  return Object.assign(new DefinitionFaultModel(), {
    ...rest,
    place: place === undefined ? null : placeId(place),
    expression: expression ?? null,
    line: line ?? null,
    column: column ?? null,
    expected: expected ?? null,
    found: found ?? null,
    near: near ?? null,
  });
}
