/** What one delivery has done since the process started; served on `/metrics`. */
export interface DeliveryCounters {
  state: "starting" | "up" | "retrying" | "misconfigured" | "stopped";
  /** code of the last error while it is retrying or misconfigured */
  error: string | null;
  rowsWritten: number;
  /** rows whose subject's stored consent no longer covers the lane's purposes */
  rowsDenied: number;
  rowsDead: number;
  batches: number;
  retries: number;
  /** results that a predecessor had written already */
  messagesSkipped: number;
}

export const newCounters = (): DeliveryCounters => ({
  state: "starting",
  error: null,
  rowsWritten: 0,
  rowsDenied: 0,
  rowsDead: 0,
  batches: 0,
  retries: 0,
  messagesSkipped: 0,
});
