import type { DestinationConfig } from "@o2mc/schema/deployment/deployment.ts";
import { DESTINATIONS, type DestinationKind } from "@o2mc/schema/destinations/destinations.ts";
import { OptionError } from "@o2mc/schema/options/option-error.ts";
import { readOptions } from "@o2mc/schema/options/read-options.ts";
import { invalid } from "../../api/input.ts";

/** The kind and its options as plain JSON; throws INVALID_INPUT with the first that is not usable. */
export function checkOptions(input: object): { kind: DestinationKind; options: DestinationConfig["options"] } {
  const given = new Map(Object.entries(input).filter(([, options]) => options !== undefined && options !== null));
  const spec = DESTINATIONS.find(({ kind }) => given.has(kind));
  if (spec === undefined || given.size !== 1) throw invalid("options", "must be exactly one kind");
  const { kind } = spec;
  try {
    return { kind, options: { [kind]: readOptions(spec.options, given.get(kind), kind) } };
  } catch (error) {
    if (error instanceof OptionError) throw invalid(error.path, error.problem);
    throw error;
  }
}
