/** What one step of one pipeline has done on one partition since its worker took that over. */
export interface StepCounters {
  /** rows that came to it */
  in: number;
  /** rows that went on from it, its own making included */
  out: number;
  /** rows that it is there to take out: filtered, sampled away, seen before */
  dropped: number;
  /** rows that became dead letters there, but for late ones */
  failed: number;
  /** rows that came after what they belong to had completed */
  late: number;
  /** rows that found no room in the tenant's state */
  refused: number;
  /** spent in it; a column is computed in the first step that needs its values */
  nanoseconds: number;
}

export const noCounts = (): StepCounters => ({
  in: 0,
  out: 0,
  dropped: 0,
  failed: 0,
  late: 0,
  refused: 0,
  nanoseconds: 0,
});
