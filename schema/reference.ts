import { join } from "node:path";
import { destinationsReference } from "./destinations/reference.ts";
import { functionsReference } from "./expression/reference.ts";
import { stepsReference } from "./pipeline/reference.ts";

/** The pages that are printed from the specs. */
export const REFERENCE: readonly { readonly file: string; readonly text: () => string }[] = [
  { file: join(import.meta.dirname, "pipeline/STEPS.md"), text: stepsReference },
  { file: join(import.meta.dirname, "expression/FUNCTIONS.md"), text: functionsReference },
  { file: join(import.meta.dirname, "destinations/DESTINATIONS.md"), text: destinationsReference },
];
