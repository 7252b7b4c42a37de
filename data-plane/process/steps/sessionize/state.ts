import { z } from "zod";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const schema = z.object({
  watermark: z.number().nullable(),
  subjectKey: z.array(z.string()),
  start: z.array(z.number()),
  end: z.array(z.number()),
  events: z.array(z.number()),
  /** which older snapshots lack */
  policy: z.array(z.number()).default([]),
  /** per sticky field */
  values: z.array(z.array(scalar)),
  times: z.array(z.array(z.number())),
  /** per field that cuts; older snapshots lack it */
  cuts: z.array(z.array(scalar)).optional(),
  /** of sessions with updates */
  names: z.array(z.string()).optional(),
  completedKey: z.array(z.string()),
  completedEnd: z.array(z.number()),
});

/** Columnar: one entry per open session in each array. */
export type SessionState = z.infer<typeof schema>;

export function readSessionState(value: unknown, sticky: number): SessionState {
  const state = schema.parse(value);
  if (state.values.length !== sticky) throw new Error("the state is of another session step");
  return state;
}
