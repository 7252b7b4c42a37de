import type { LookupOptions } from "@o2mc/schema/pipeline/steps/lookup.ts";
import { column, withColumns, type Rows } from "../rows.ts";
import type { BuildContext, Place, Step } from "../step.ts";

export function buildLookup({ geoip: { field, into } }: LookupOptions, { types, geoip }: BuildContext): Step {
  types.set(`${into}.country`, "string");
  types.set(`${into}.city`, "string");
  types.set(`${into}.latitude`, "number");
  types.set(`${into}.longitude`, "number");
  const parts = ["country", "city", "latitude", "longitude"] as const satisfies readonly (keyof Place)[];
  return {
    verb: "lookup",
    run(rows: Rows) {
      const places = column(rows, field).map((address) => (typeof address === "string" ? geoip(address) : undefined));
      return withColumns(
        rows,
        parts.map((part) => [`${into}.${part}`, places.map((place) => place?.[part] ?? null)] as const),
      );
    },
  };
}
