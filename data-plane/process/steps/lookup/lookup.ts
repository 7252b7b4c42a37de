import type { LookupOptions } from "@o2mc/schema/pipeline/steps/lookup.ts";
import type { Scope } from "../../compile/scope.ts";
import type { Services } from "../step.ts";

const PARTS = { country: "string", city: "string", latitude: "number", longitude: "number" } as const;

export function planLookup({ geoip: { field, into } }: LookupOptions, scope: Scope, { geoip }: Services): void {
  const address = scope.read(field);
  const parts = Object.keys(PARTS) as (keyof typeof PARTS)[];
  scope.set(
    parts.map((part) => [
      `${into}.${part}`,
      scope.change(`geoip ${part}`, address, PARTS[part], (value) => geoip(String(value))?.[part] ?? null),
    ]),
  );
}
