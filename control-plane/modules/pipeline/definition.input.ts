import { Field, InputType } from "type-graphql";
import {
  DEFAULT_TIME,
  type PipelineDefinition,
  type Step,
  type TimeOptions,
} from "@o2mc/schema/pipeline/definition.ts";
import { MAX_LINE_DEPTH } from "@o2mc/schema/pipeline/check.ts";
import { DefinitionError } from "@o2mc/schema/pipeline/definition-error.ts";
import { lineDepth } from "@o2mc/schema/pipeline/every-step.ts";
import { TIME_OPTIONS } from "@o2mc/schema/pipeline/time.ts";
import { optionsInput } from "../../api/option-inputs.ts";
import { invalidDefinition } from "./definition-problem.ts";
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

/** The definition as plain JSON: absent options left out, the API's defaults filled in. Throws DEFINITION_INVALID when too deep. */
export function plainDefinition(input: PipelineDefinitionInput): PipelineDefinition {
  // deeper ones could be stored, but not be read any more
  if (lineDepth(input.steps) > MAX_LINE_DEPTH) {
    const message = `Lines of steps are at most ${MAX_LINE_DEPTH} deep.`;
    throw invalidDefinition(new DefinitionError("too-deep", undefined, message));
  }
  const text = JSON.stringify(input, (_, value: unknown) => value ?? undefined);
  const definition = JSON.parse(text) as PipelineDefinition;
  return {
    purposes: [...new Set(definition.purposes)].sort(),
    time: { ...DEFAULT_TIME, ...definition.time },
    steps: definition.steps,
  };
}
