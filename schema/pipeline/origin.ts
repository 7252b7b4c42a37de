import type { AnonymizeMethod, Policy, RotationPeriod, TimeUnit } from "../consent/policy.ts";
import type { Place } from "./place.ts";

/** A declared field that a value was made from, or that decided whether its row is there. */
export interface Origin {
  readonly field: string;
  /** the step that read it first */
  readonly step: Place;
  /** who may see the field in the form in which it went in */
  readonly purposes: readonly string[];
  /** what was done to it before, in a way that the policy accepts; absent = it went in as it is */
  readonly anonymized?: AnonymizeMethod;
  /** of mask and truncate: characters that stayed; absent = none */
  readonly keep?: number;
  /** of generalise: the multiples that are left of a number */
  readonly roundedTo?: number;
  /** of generalise: the unit that is left of a time */
  readonly unit?: TimeUnit;
  /** of hash: how long it is the same; absent = for ever */
  readonly rotate?: RotationPeriod;
}

/** Each field once in each form. */
export function mergeOrigins(...lists: readonly (readonly Origin[])[]): readonly Origin[] {
  const merged: Origin[] = [];
  for (const origin of lists.flat()) {
    const same = (one: Origin): boolean =>
      one.field === origin.field &&
      one.anonymized === origin.anonymized &&
      one.keep === origin.keep &&
      one.roundedTo === origin.roundedTo &&
      one.unit === origin.unit &&
      one.rotate === origin.rotate;
    if (!merged.some(same)) merged.push(origin);
  }
  return merged;
}

/** The purposes that may see a value of these origins: those that may see all of them. */
export function purposesOf(origins: readonly Origin[], policy: Policy): readonly string[] {
  const all = policy.purposes.map(({ name }) => name);
  return all.filter((name) => origins.every(({ purposes }) => purposes.includes(name)));
}
