/** Value in `BUCKETS.keyUses`. */
export interface KeyUse {
  /** epoch ms */
  readonly at: number;
}
