import type { OptionsOf } from "../../options/options-of.ts";
import { DefinitionError } from "../definition-error.ts";
import { expectType } from "../expect-type.ts";
import { stepSpec } from "../step-spec.ts";

export const anonymize = stepSpec({
  verb: "anonymize",
  summary: "Makes a field less identifying, in place.",
  options: {
    field: { kind: "field", description: "the column" },
    method: {
      kind: "words",
      name: "AnonymizeMethod",
      words: {
        hash: "hex HMAC-SHA256 under the tenant's key: the same value gives the same hash, in this tenant alone",
        mask: "every character but the last `keep` becomes `*`",
        truncate: "an IPv4 address keeps 24 bits, an IPv6 address 48; other text its first `keep` characters",
        generalise: "a number is rounded down to a multiple of `step`",
      },
      description: "how",
    },
    keep: {
      kind: "integer",
      min: 0,
      max: 4096,
      unit: "characters",
      optional: true,
      description: "of mask and truncate: characters that stay; none when left out",
    },
    step: {
      kind: "number",
      min: 0.000001,
      max: 1_000_000_000_000,
      optional: true,
      description: "of generalise, which needs it",
    },
  },
  example: { field: "$ip", method: "truncate" },
  check(options, { columns, step }) {
    const { field, method } = options;
    const { type, purposes, tellsSubjects } = columns.read(field, step);
    for (const unused of UNUSED[method]) {
      if (options[unused] === undefined) continue;
      const message = `Step ${step}: anonymize.${unused} has no use for ${method}.`;
      throw new DefinitionError("invalid-option", step, message);
    }
    if (method === "hash") {
      columns.replace(field, { type: "string", purposes, tellsSubjects: tellsSubjects === true });
    } else if (method === "generalise") {
      expectType(field, type, ["number", "integer"], step, "anonymize generalise");
      if (options.step === undefined) {
        throw new DefinitionError("invalid-option", step, `Step ${step}: anonymize.step is missing.`);
      }
      const whole = type === "integer" && Number.isInteger(options.step);
      columns.replace(field, { type: whole ? "integer" : "number", purposes });
    } else {
      expectType(field, type, ["string"], step, `anonymize ${method}`);
      columns.replace(field, { type, purposes });
    }
  },
});

export type AnonymizeOptions = OptionsOf<typeof anonymize.options>;

/** An option that does nothing is a misunderstanding: its author expects it to protect somebody. */
const UNUSED = {
  hash: ["keep", "step"],
  mask: ["step"],
  truncate: ["step"],
  generalise: ["keep"],
} as const satisfies Readonly<Record<string, readonly ("keep" | "step")[]>>;
