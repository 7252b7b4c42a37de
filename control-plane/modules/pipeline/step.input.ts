import { STEPS } from "@o2mc/schema/pipeline/steps.ts";
import { oneOfInput, optionsInput } from "../../api/option-inputs.ts";
import { typeName } from "../../api/type-name.ts";

const inputs = STEPS.map(
  ({ verb, options, summary }) => [verb, optionsInput(`${typeName(verb)}StepInput`, options, summary)] as const,
);

export const StepInput = oneOfInput("StepInput", new Map(inputs), "One step: exactly one verb.");
