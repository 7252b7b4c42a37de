import { asInput } from "../options/as-input.ts";
import { exampleReference, optionsReference } from "../options/reference.ts";
import { STEPS } from "./steps.ts";
import { TIME_OPTIONS } from "./time.ts";

/** The page `STEPS.md`. */
export function stepsReference(): string {
  const steps = STEPS.map(({ verb, summary, options, example }) =>
    [
      `## ${verb}\n`,
      `${summary}\n`,
      optionsReference(options),
      exampleReference({ [verb]: asInput(options, example) }),
    ].join("\n"),
  );
  return [
    "# Steps\n",
    "What a pipeline is made of. Printed from the specs in `steps/` by `npm run reference:print`: change those. An option",
    "without a default that is not called optional is required; an unknown one is refused.\n",
    'Expressions are CEL over `event`: `event.page.path`, `event["$time"]`. Columns whose names begin with `$` are the',
    "event's envelope. [FUNCTIONS.md](../expression/FUNCTIONS.md) has the language.\n",
    ...steps,
    "## time\n",
    "Not a step, but how the whole pipeline takes time from its events.\n",
    optionsReference(TIME_OPTIONS),
  ].join("\n");
}
