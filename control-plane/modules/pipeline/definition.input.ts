import { Field, InputType } from "type-graphql";
import {
  DEFAULT_TIME,
  type PipelineDefinition,
  type Step,
  type TimeOptions,
} from "@o2mc/schema/pipeline/definition.ts";
import { TIME_OPTIONS } from "@o2mc/schema/pipeline/time.ts";
import { optionsInput } from "../../api/option-inputs.ts";
import { StepInput } from "./step.input.ts";

const TimeInput = optionsInput("TimeInput", TIME_OPTIONS);

@InputType()
export class PipelineDefinitionInput implements Record<keyof PipelineDefinition, unknown> {
  @Field(() => [String])
  purposes!: string[];

  @Field(() => TimeInput, { nullable: true })
  time!: TimeOptions | null;

  @Field(() => [StepInput])
  steps!: Step[];
}

/** The definition as plain JSON: absent options left out, the API's defaults filled in. */
export function plainDefinition(input: PipelineDefinitionInput): PipelineDefinition {
  const text = JSON.stringify(input, (_, value: unknown) => value ?? undefined);
  const definition = JSON.parse(text) as PipelineDefinition;
  return {
    purposes: [...new Set(definition.purposes)].sort(),
    time: { ...DEFAULT_TIME, ...definition.time },
    steps: definition.steps,
  };
}
