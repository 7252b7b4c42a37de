import { GraphQLJSONObject } from "graphql-scalars";
import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import { placeId } from "@o2mc/schema/pipeline/place.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { validateDefinition } from "@o2mc/schema/pipeline/validate.ts";
import type { RehearsalRequest, RehearsalResult } from "@o2mc/schema/rehearsal/rehearsal.ts";
import type { Context } from "../../api/context.ts";
import { currentPolicy, find, findApplication } from "../../api/find.ts";
import { invalid } from "../../api/input.ts";
import { withinDeadline } from "../../api/limits/deadline.ts";
import { readOnRecord } from "../../api/scope.ts";
import { SourceRow } from "../../db/entities/source.ts";
import { ApiError } from "../../errors/api-error.ts";
import { checkedDefinition } from "./definition-problem.ts";
import { PipelineDefinitionInput, plainDefinition } from "./definition.input.ts";
import { OutputColumn } from "./pipeline-output.type.ts";
import { rehearsalOf } from "./rehearsal-of.ts";
import { DefinitionFaultModel, StepColumns, toFault } from "./validate-pipeline.ts";

const MAX_SAMPLES = 500;
const MAX_SHOWN = 100;

@ObjectType({ description: "what the edge makes of one sample" })
class SampleOutcomeModel {
  @Field(() => String, { description: "`admitted`, `denied` by the consent gate, or `rejected` as no event" })
  outcome!: string;

  @Field(() => String, { nullable: true, description: "stable code of the denial or the fault" })
  reason!: string | null;

  @Field(() => String, { nullable: true })
  message!: string | null;
}

@ObjectType()
class TestedRow {
  @Field(() => String, { description: "the row's result id" })
  id!: string;

  @Field(() => GraphQLJSONObject, { description: "columns by name" })
  cells!: Readonly<Record<string, unknown>>;
}

@ObjectType({ description: "the rows that went on behind one step" })
class TestedStep extends StepColumns {
  @Field(() => Int, { description: "of all rows" })
  count!: number;

  @Field(() => [TestedRow], { description: "the first of them" })
  rows!: readonly TestedRow[];
}

@ObjectType()
class TestedOutput {
  @Field(() => String)
  name!: string;

  @Field(() => [OutputColumn])
  columns!: OutputType["columns"];

  @Field(() => Int, { description: "of all rows" })
  count!: number;

  @Field(() => [TestedRow], { description: "the first of them" })
  rows!: readonly TestedRow[];
}

@ObjectType()
class TestedDeadLetter {
  @Field(() => String, { nullable: true, description: "such as `3.case-2.1.filter`" })
  step!: string | null;

  @Field(() => String, { description: "stable" })
  code!: string;

  @Field(() => String)
  message!: string;

  @Field(() => GraphQLJSONObject)
  row!: Readonly<Record<string, unknown>>;
}

@ObjectType()
class PipelineTest {
  @Field(() => [DefinitionFaultModel], { description: "with any of them nothing is run" })
  faults!: readonly DefinitionFaultModel[];

  @Field(() => [SampleOutcomeModel], { description: "one for each event, in their order" })
  samples!: readonly SampleOutcomeModel[];

  @Field(() => Int, { description: "admitted events that had come before, by their id" })
  duplicates!: number;

  @Field(() => [TestedStep])
  steps!: readonly TestedStep[];

  @Field(() => [TestedOutput])
  outputs!: readonly TestedOutput[];

  @Field(() => [TestedDeadLetter])
  deadLetters!: readonly TestedDeadLetter[];
}

@Resolver()
export class TestPipeline {
  @Mutation(() => PipelineTest, {
    description:
      "Runs a definition over sample events, by the consent gate and the engine that would run it, and shows the rows behind each step; sessions and windows are completed. Stores nothing but that it was done. Hashes are made with a key of the test's own.",
  })
  async testPipeline(
    @Arg("application", () => ID) id: string,
    @Arg("source", () => ID, { description: "whose events the samples are" }) sourceId: string,
    @Arg("definition", () => PipelineDefinitionInput) input: PipelineDefinitionInput,
    @Arg("events", () => [GraphQLJSONObject], {
      description: `1 to ${MAX_SAMPLES}, as the source would send them, with their consent`,
    })
    events: readonly Readonly<Record<string, unknown>>[],
    @Arg("first", () => Int, { defaultValue: 20, description: `rows shown of each step: 1 to ${MAX_SHOWN}` })
    shown: number,
    @Ctx() context: Context,
  ): Promise<PipelineTest> {
    if (shown < 1 || shown > MAX_SHOWN) throw invalid("first", `must be 1 to ${MAX_SHOWN}`);
    const prepared = await readOnRecord(context, "pipeline.write", async ({ em, tenant, audit }) => {
      const application = await findApplication(em, id);
      const source = await find(em, SourceRow, "source", sourceId);
      if (source.application !== id) throw new ApiError("NOT_FOUND", { kind: "source", id: sourceId });
      if (events.length < 1 || events.length > MAX_SAMPLES) throw invalid("events", `must be 1 to ${MAX_SAMPLES}`);
      const policy = await currentPolicy(em, id);
      if (policy === null) throw new ApiError("POLICY_MISSING");
      const definition = plainDefinition(input);
      audit("pipeline.tested", id, { source: sourceId, purposes: definition.purposes, samples: events.length });
      const validation = validateDefinition(definition, policy, application);
      if (validation.faults.length > 0) return { tenant, validation, request: null };
      const deployment = rehearsalOf(source, policy, checkedDefinition(definition, policy, application));
      const request: RehearsalRequest = { deployment, events, now: Date.now(), shown };
      return { tenant, validation, request };
    });
    const { tenant, validation, request } = prepared;
    const result =
      request === null ? NOTHING : await withinDeadline(context, context.services.rehearsals.run(tenant, request));
    const columns = new Map(validation.steps.map((step) => [placeId(step.place), step.columns]));
    const outputs = new Map(validation.outputs.map((output) => [output.name, output.columns]));
    return {
      faults: validation.faults.map(toFault),
      samples: result.samples.map((sample) => ({ reason: null, message: null, ...sample })),
      duplicates: result.duplicates,
      steps: result.steps.map((step) => ({ ...step, columns: columns.get(step.place) ?? [] })),
      outputs: result.outputs.map((output) => ({ ...output, columns: outputs.get(output.name) ?? [] })),
      deadLetters: result.deadLetters,
    };
  }
}

const NOTHING: RehearsalResult = { samples: [], duplicates: 0, steps: [], outputs: [], deadLetters: [] };
