import type { OptionsOf } from "../../options/options-of.ts";
import { expectType } from "../expect-type.ts";
import { stepSpec } from "../step-spec.ts";

export const lookup = stepSpec({
  verb: "lookup",
  summary:
    "Adds the place of an address: `<into>.country` (ISO 3166-1 alpha-2), `<into>.city`, `<into>.latitude` and " +
    "`<into>.longitude`; null when it is unknown.",
  options: {
    geoip: {
      kind: "object",
      name: "Geoip",
      options: {
        field: { kind: "field", types: ["string"], description: "holds the address" },
        into: { kind: "new-field", description: "prefix of the new columns country, city, latitude, longitude" },
      },
      description: "looks an IP address up in the geo-IP database",
    },
  },
  example: { geoip: { field: "$ip", into: "place" } },
  check({ geoip: { field, into } }, { columns, step }) {
    const { type, origins } = columns.read(field, step);
    expectType(field, type, ["string"], step, "lookup");
    columns.add(`${into}.country`, { type: "string", origins }, step);
    columns.add(`${into}.city`, { type: "string", origins }, step);
    columns.add(`${into}.latitude`, { type: "number", origins }, step);
    columns.add(`${into}.longitude`, { type: "number", origins }, step);
  },
});

export type LookupOptions = OptionsOf<typeof lookup.options>;
