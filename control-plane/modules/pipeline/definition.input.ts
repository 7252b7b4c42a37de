import { Field, InputType, Int } from "type-graphql";
import { DEFAULT_TIME, type PipelineDefinition, type TimeOptions } from "@o2mc/schema/pipeline/definition.ts";
import { StepInput } from "./step.input.ts";

@InputType()
class TimeInput implements TimeOptions {
  @Field(() => Int, { defaultValue: DEFAULT_TIME.disorderSeconds, description: "how late an event may be" })
  disorderSeconds!: number;

  @Field(() => Int, {
    defaultValue: DEFAULT_TIME.idleSeconds,
    description: "silence after which windows are completed",
  })
  idleSeconds!: number;
}

@InputType()
export class PipelineDefinitionInput implements Record<keyof PipelineDefinition, unknown> {
  @Field(() => [String])
  purposes!: string[];

  @Field(() => TimeInput, { nullable: true })
  time!: TimeInput | null;

  @Field(() => [StepInput])
  steps!: StepInput[];
}

/** The definition as plain JSON: absent options left out, defaults filled in. */
export function plainDefinition(input: PipelineDefinitionInput): PipelineDefinition {
  const text = JSON.stringify(input, (_, value: unknown) => value ?? undefined);
  const definition = JSON.parse(text) as PipelineDefinition;
  return {
    purposes: [...new Set(definition.purposes)].sort(),
    time: { ...DEFAULT_TIME, ...definition.time },
    steps: definition.steps,
  };
}
