import {
  ROTATION_PERIODS,
  TIME_UNITS,
  type AnonymizeMethod,
  type RotationPeriod,
  type TimeUnit,
} from "../consent/policy.ts";
import type { CheckedDefinition } from "./check.ts";

/** All that a privacy officer approves of a pipeline: for what, of which fields, in which form, to whom. */
export interface PipelineUse {
  readonly purposes: readonly string[];
  /** paths of the fields that it reads */
  readonly reads: readonly string[];
  readonly discloses: readonly Disclosure[];
  readonly destinations: readonly DisclosedTo[];
}

/** A field that tells in an output: as a column, a part of one, or by what picked the rows. */
export interface Disclosure {
  readonly output: string;
  readonly field: string;
  /** how, where the policy accepts it; null = as it is */
  readonly anonymized: AnonymizeMethod | null;
  /** of mask and truncate: characters that stay; null or absent = none */
  readonly keep?: number | null;
  /** of generalise: the multiples that are left of a number; null or absent = not said, as in an older approval */
  readonly roundedTo?: number | null;
  /** of generalise: the unit that is left of a time */
  readonly unit?: TimeUnit | null;
  /** of hash: how long it is the same; null or absent = for ever */
  readonly rotate?: RotationPeriod | null;
}

export interface DisclosedTo {
  readonly output: string;
  readonly destination: string;
}

/** What a checked definition does with these deliveries; sorted, so that equal uses are equal text. */
export function useOf(checked: CheckedDefinition, deliveries: readonly DisclosedTo[]): PipelineUse {
  const { definition, readSet, outputs } = checked;
  const discloses = outputs.flatMap(({ name: output, columns }) =>
    columns
      .flatMap(({ origins = [] }) => origins)
      .map(({ field, anonymized = null, keep = null, roundedTo = null, unit = null, rotate = null }): Disclosure =>
        anonymized === null
          ? { output, field, anonymized }
          : { output, field, anonymized, keep, roundedTo, unit, rotate },
      ),
  );
  const destinations = deliveries.map(({ output, destination }): DisclosedTo => ({ output, destination }));
  return {
    purposes: [...new Set(definition.purposes)].sort(),
    reads: readSet.map(({ path }) => path).sort(),
    discloses: sortedOnce(discloses),
    destinations: sortedOnce(destinations),
  };
}

/** What `wanted` does beyond `approved`; a use with nothing in it = no more. */
export function widening(approved: PipelineUse, wanted: PipelineUse): PipelineUse {
  return {
    purposes: wanted.purposes.filter((name) => !approved.purposes.includes(name)),
    reads: wanted.reads.filter((path) => !approved.reads.includes(path)),
    discloses: wanted.discloses.filter((one) => !approved.discloses.some((other) => covers(other, one))),
    destinations: wanted.destinations.filter(
      (one) =>
        !approved.destinations.some(
          ({ output, destination }) => output === one.output && destination === one.destination,
        ),
    ),
  };
}

/** What may leave as it is may leave in any lesser form; what may leave anonymized, so or with less left of it. */
function covers(approved: Disclosure, wanted: Disclosure): boolean {
  if (approved.output !== wanted.output || approved.field !== wanted.field) return false;
  if (approved.anonymized === null) return true;
  if (approved.anonymized !== wanted.anonymized) return false;
  switch (wanted.anonymized) {
    case "hash":
      // one that is the same for longer links more
      return reach(wanted.rotate) <= reach(approved.rotate);
    case "generalise":
      if (typeof wanted.unit === "string") return coarseness(wanted.unit) >= coarseness(approved.unit);
      return (wanted.roundedTo ?? 0) >= (approved.roundedTo ?? Infinity);
    default:
      return (wanted.keep ?? 0) <= (approved.keep ?? 0);
  }
}

const reach = (rotate: RotationPeriod | null = null): number =>
  rotate === null ? Infinity : ROTATION_PERIODS.indexOf(rotate);

const coarseness = (unit: TimeUnit | null = null): number => (unit === null ? Infinity : TIME_UNITS.indexOf(unit));

/** True when one of the approvals, by itself, permits all of the use. */
export function isApproved(approvals: readonly PipelineUse[], wanted: PipelineUse): boolean {
  return approvals.some((approved) => isEmpty(widening(approved, wanted)));
}

const isEmpty = ({ purposes, reads, discloses, destinations }: PipelineUse): boolean =>
  purposes.length + reads.length + discloses.length + destinations.length === 0;

function sortedOnce<T extends object>(values: readonly T[]): readonly T[] {
  const byText = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
