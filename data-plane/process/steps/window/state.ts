import { z } from "zod";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const schema = z.object({
  watermark: z.number().nullable(),
  start: z.array(z.number()),
  /** older snapshots, of tumbling windows, lack it */
  end: z.array(z.number()).optional(),
  /** 1 = has changed since its last row left */
  changed: z.array(z.number()).optional(),
  /** the next multiple of `earlySeconds`, ms */
  nextEarly: z.number().nullable().optional(),
  subjectKey: z.array(z.string()),
  /** which older snapshots lack */
  policy: z.array(z.number()).default([]),
  /** per `by` field */
  by: z.array(z.array(scalar)),
  /** per aggregate, in the form that it has itself */
  aggregates: z.array(z.unknown()),
  /** groups whose windows idleness completed, and until when */
  completedGroups: z
    .object({ by: z.array(z.array(scalar)), subjectKey: z.array(z.string()), until: z.array(z.number()) })
    .optional(),
  /** the same in older snapshots: window start, groups as JSON, and perhaps the subject key of each */
  completed: z.array(z.tuple([z.number(), z.array(z.string()), z.array(z.string()).optional()])).optional(),
});

/** Columnar: one entry per open window and group in each array. */
export type WindowState = z.infer<typeof schema>;

export interface CompletedGroup {
  readonly by: z.infer<typeof scalar>[];
  readonly subjectKey: string;
  readonly until: number;
}

const group = z.array(scalar);

export const readWindowState = (value: unknown): WindowState => schema.parse(value);

/** `longest` is the length of a tumbling window. */
export function completedGroups(
  { completed = [], completedGroups: groups }: WindowState,
  longest: number,
): CompletedGroup[] {
  const older = completed.flatMap(([start, keys, subjects = []]) =>
    keys.map((key, i) => ({
      by: group.parse(JSON.parse(key)),
      subjectKey: subjects[i] ?? "",
      until: start + longest,
    })),
  );
  if (groups === undefined) return older;
  return groups.until.map((until, i) => ({
    by: groups.by.map((values) => values[i] ?? null),
    subjectKey: groups.subjectKey[i] ?? "",
    until,
  }));
}
