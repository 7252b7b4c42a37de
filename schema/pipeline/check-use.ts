import { DefinitionError } from "./definition-error.ts";
import type { OutputType } from "./types.ts";

/**
 * Refuses to hand an output to something that uses it for `purposes`, unless each of its columns may be seen by all of
 * them. The error names the field that stands in the way, the purpose, and the step where the field came in.
 */
export function checkUse({ name, columns }: OutputType, purposes: readonly string[]): void {
  for (const column of columns) {
    const missing = purposes.find((purpose) => !column.purposes.includes(purpose));
    if (missing === undefined) continue;
    const origin = column.origins?.find((one) => !one.purposes.includes(missing));
    const where =
      origin === undefined
        ? "the policy does not let it"
        : `field ${origin.field}, which came in at step ${origin.step}, may not be seen by it`;
    throw new DefinitionError(
      "purpose-not-permitted",
      origin?.step,
      `Output ${name} cannot be used for purpose ${missing}: of its column ${column.name}, ${where}.`,
    );
  }
}
