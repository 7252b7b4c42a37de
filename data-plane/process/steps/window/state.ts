import { z } from "zod";

const schema = z.object({
  watermark: z.number().nullable(),
  start: z.array(z.number()),
  subjectKey: z.array(z.string()),
  /** per `by` field */
  by: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))),
  /** per aggregate */
  aggregates: z.array(z.array(z.unknown())),
  /** window start, group keys, and the subject key of each, which older snapshots lack */
  completed: z.array(z.tuple([z.number(), z.array(z.string()), z.array(z.string()).optional()])),
});

/** Columnar: one entry per open window and group in each array. */
export type WindowState = z.infer<typeof schema>;

export const readWindowState = (value: unknown): WindowState => schema.parse(value);
