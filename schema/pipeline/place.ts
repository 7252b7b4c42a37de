/** Where a step stands, as sentences say it after "Step": its number, or in a line of its own "3, case 2, step 1". */
export type Place = number | string;

/** In the line of a step at `place`, which has several when `label` says which. */
export function placeWithin(place: Place, label: string, index: number): Place {
  return [place, ...(label === "" ? [] : [label]), `step ${index + 1}`].join(", ");
}

/** The top step that it is or belongs to, from 1. */
export const topStep = (place: Place): number => (typeof place === "number" ? place : Number.parseInt(place, 10));

/** As dead letters and counters name it: "3.case-2.1". */
export const placeId = (place: Place): string =>
  String(place).replaceAll(", step ", ".").replaceAll(", ", ".").replaceAll(" ", "-");
