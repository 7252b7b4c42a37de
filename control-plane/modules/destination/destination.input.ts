import { DESTINATIONS } from "@o2mc/schema/destinations/destinations.ts";
import { oneOfInput, optionsInput } from "../../api/option-inputs.ts";
import { typeName } from "../../api/type-name.ts";

const inputs = DESTINATIONS.map(
  ({ kind, options, summary }) => [kind, optionsInput(`${typeName(kind)}OptionsInput`, options, summary)] as const,
);

export const DestinationOptionsInput = oneOfInput("DestinationOptionsInput", new Map(inputs), "Exactly one kind.");
