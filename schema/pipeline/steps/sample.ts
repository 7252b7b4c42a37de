import type { OptionsOf } from "../../options/options-of.ts";
import { DefinitionError } from "../definition-error.ts";
import { stepSpec } from "../step-spec.ts";

export const sample = stepSpec({
  verb: "sample",
  summary:
    "Keeps a share of the rows, the same ones in every replay: of a subject all rows or none, or each row by its id. Two " +
    "samples with the same salt pick from the same ones, so that one of 0.1 lies within one of 0.5.",
  options: {
    rate: { kind: "number", min: 0, max: 1, description: "the share that stays: 0.1 is a tenth" },
    by: {
      kind: "words",
      name: "SampleBy",
      words: {
        subject: "all rows of a subject or none",
        id: "each row for itself, by the id of its event",
      },
      default: "subject",
      description: "what is picked",
    },
    salt: {
      kind: "text",
      maxLength: 64,
      optional: true,
      description: "another one picks others",
    },
  },
  example: { rate: 0.1 },
  check({ by }, { perSubject, step }) {
    if (by === "id" || perSubject) return;
    const message = `Step ${step} samples subjects, but an earlier window has put subjects together: sample by id.`;
    throw new DefinitionError("needs-subject", step, message);
  },
});

export type SampleOptions = OptionsOf<typeof sample.options>;
