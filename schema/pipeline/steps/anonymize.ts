import {
  ROTATION_PERIODS,
  TIME_UNITS,
  type AnonymizedUse,
  type AnonymizeMethod,
  type FieldDeclaration,
  type FieldType,
} from "../../consent/policy.ts";
import { isZone } from "../../expression/check-literal-operand.ts";
import type { OptionsOf } from "../../options/options-of.ts";
import type { Column, Columns } from "../columns.ts";
import { DefinitionError } from "../definition-error.ts";
import { expectType } from "../expect-type.ts";
import { mergeOrigins, type Origin } from "../origin.ts";
import type { Place } from "../place.ts";
import { stepSpec } from "../step-spec.ts";

export const anonymize = stepSpec({
  verb: "anonymize",
  summary:
    "Makes a field less identifying, in place. More purposes may see what is left where the policy says so of the field " +
    "and the method, and the column holds the field's value as it came.",
  options: {
    field: { kind: "field", description: "the column" },
    method: {
      kind: "words",
      name: "AnonymizeMethod",
      words: {
        hash: "hex HMAC-SHA256 under the tenant's key: the same value gives the same hash, in this tenant alone",
        mask: "every character but the last `keep` becomes `*`",
        truncate: "an IPv4 address keeps 24 bits, an IPv6 address 48; other text its first `keep` characters",
        generalise:
          "a number is rounded down to a multiple of `step`, a timestamp to the beginning of its hour, day, month or year",
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
      description: "of generalise, which needs it for numbers",
    },
    to: {
      kind: "words",
      name: "AnonymizeUnit",
      words: {
        hour: "to the hour",
        day: "to the day",
        month: "to the first of the month",
        year: "to the first of the year",
      },
      optional: true,
      description: "of generalise, which needs it for timestamps",
    },
    zone: {
      kind: "text",
      maxLength: 64,
      optional: true,
      description: "of generalise to a unit: whose days, months and years, such as Europe/Amsterdam; UTC when left out",
    },
    rotate: {
      kind: "words",
      name: "AnonymizeRotation",
      words: {
        day: "each day",
        week: "each week from Monday",
        month: "each month",
      },
      optional: true,
      description:
        "of hash: a salt of its own for each of these, in UTC by the row's event time, so that the same value gives another " +
        "hash in the next; never when left out. The salt follows from the tenant's key and the period: a replay gives the same",
    },
  },
  example: { field: "$ip", method: "truncate" },
  check(options, { columns, step }) {
    const { field, method } = options;
    const column = columns.read(field, step);
    const { type, tellsSubjects } = column;
    const origins = originsAfter(options, column, columns, step);
    for (const unused of UNUSED[method]) {
      if (options[unused] === undefined) continue;
      const message = `Step ${step}: anonymize.${unused} has no use for ${method}.`;
      throw new DefinitionError("invalid-option", step, message);
    }
    if (method === "hash") {
      columns.replace(field, { type: "string", origins, tellsSubjects: tellsSubjects === true });
    } else if (method === "generalise") {
      expectType(field, type, ["number", "integer", "timestamp"], step, "anonymize generalise");
      checkGeneralise(options, type, step);
      const whole = type === "integer" && Number.isInteger(options.step);
      columns.replace(field, { type: type === "timestamp" ? type : whole ? "integer" : "number", origins });
    } else {
      expectType(field, type, ["string"], step, `anonymize ${method}`);
      columns.replace(field, { type, origins });
    }
  },
});

export type AnonymizeOptions = OptionsOf<typeof anonymize.options>;

function checkGeneralise(options: AnonymizeOptions, type: FieldType, step: Place): void {
  const fail = (message: string) => new DefinitionError("invalid-option", step, `Step ${step}: anonymize.${message}.`);
  const [needed, useless] = type === "timestamp" ? (["to", ["step"]] as const) : (["step", ["to", "zone"]] as const);
  if (options[needed] === undefined) throw fail(`${needed} is missing`);
  for (const unused of useless) if (options[unused] !== undefined) throw fail(`${unused} has no use for a ${type}`);
  const { zone } = options;
  if (zone !== undefined && !isZone(zone)) throw fail(`zone: there is no time zone ${JSON.stringify(zone)}`);
}

/** Only the value itself becomes visible to more: what picked the rows tells as much as before. */
function originsAfter(options: AnonymizeOptions, column: Column, columns: Columns, step: Place): readonly Origin[] {
  const { whole } = column;
  const { method: anonymized, keep, step: roundedTo, to: unit, rotate } = options;
  if (whole === undefined) return column.origins;
  const accepted = acceptedPurposes(options, whole);
  if (accepted.length === 0) return column.origins;
  const purposes = [...new Set([...whole.purposes, ...accepted])];
  const own = columns.ownOrigins(columns.find(options.field, step), step);
  const changed = own.map((origin) =>
    origin.field === whole.path && origin.anonymized === undefined
      ? {
          ...origin,
          purposes,
          anonymized,
          ...(keep === undefined ? {} : { keep }),
          ...(roundedTo === undefined ? {} : { roundedTo }),
          ...(unit === undefined ? {} : { unit }),
          ...(rotate === undefined ? {} : { rotate }),
        }
      : origin,
  );
  return mergeOrigins(changed, columns.originsOf([], step));
}

/** The purposes that the policy lets see the field after this step, by every rule that the options keep to. */
function acceptedPurposes(options: AnonymizeOptions, field: FieldDeclaration): readonly string[] {
  const rules = (field.anonymized ?? []).filter(
    (rule) => rule.methods.includes(options.method) && keepsTo(options, rule),
  );
  return rules.flatMap(({ purposes }) => purposes);
}

function keepsTo({ method, keep = 0, step, to, rotate }: AnonymizeOptions, rule: AnonymizedUse): boolean {
  switch (method) {
    case "hash":
      return (
        rule.rotate === undefined ||
        (rotate !== undefined && among(ROTATION_PERIODS, rotate) <= among(ROTATION_PERIODS, rule.rotate))
      );
    case "generalise":
      if (step !== undefined) return rule.step !== undefined && step >= rule.step;
      return rule.to !== undefined && to !== undefined && among(TIME_UNITS, to) >= among(TIME_UNITS, rule.to);
    default:
      return keep <= (rule.keep ?? 0);
  }
}

const among = <T>(words: readonly T[], word: T): number => words.indexOf(word);

/** An option that does nothing is a misunderstanding: its author expects it to protect somebody. */
const UNUSED = {
  hash: ["keep", "step", "to", "zone"],
  mask: ["step", "to", "zone", "rotate"],
  truncate: ["step", "to", "zone", "rotate"],
  generalise: ["keep", "rotate"],
} as const satisfies Readonly<Record<AnonymizeMethod, readonly ("keep" | "step" | "to" | "zone" | "rotate")[]>>;
