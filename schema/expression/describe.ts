import { FUNCTIONS } from "./functions/functions.ts";
import { MACROS } from "./macros.ts";

/** What an expression is and may call, for a description in the API. */
export function describeExpressions(): string {
  const groups = FUNCTIONS.map(({ title, functions }) => `${title}: ${functions.map(({ name }) => name).join(", ")}.`);
  const macros = `Macros: ${MACROS.map(({ name }) => name).join(", ")}.`;
  return ["a CEL expression over `event`; what is missing is null.", macros, ...groups].join("\n");
}
