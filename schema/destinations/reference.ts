import { asInput } from "../options/as-input.ts";
import { exampleReference, optionsReference } from "../options/reference.ts";
import { DESTINATIONS } from "./destinations.ts";

/** The page `DESTINATIONS.md`. */
export function destinationsReference(): string {
  const kinds = DESTINATIONS.map(({ kind, summary, options, example }) =>
    [
      `## ${kind}\n`,
      `${summary}\n`,
      optionsReference(options),
      exampleReference({ [kind]: asInput(options, example) }),
    ].join("\n"),
  );
  return [
    "# Destinations\n",
    "Where outputs are delivered to. Printed from the specs in this folder by `npm run reference:print`: change those. An",
    "option without a default that is not called optional is required; an unknown one is refused. Secrets can be written",
    "and not read.\n",
    ...kinds,
  ].join("\n");
}
