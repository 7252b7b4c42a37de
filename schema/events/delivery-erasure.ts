/** That a subject's rows are to go from a delivery's destination: message on `deliveryErasureSubject`, JSON. */
export interface DeliveryErasure {
  readonly v: 1;
  readonly erasure: string;
  readonly subjectKey: string;
}

/** What came of it: value in `BUCKETS.erasures`. */
export interface DeliveryErased {
  readonly v: 1;
  /** epoch ms */
  readonly at: number;
  /** stable code; absent = it is done */
  readonly code?: string;
  /** what the destination says of it, such as how many rows went */
  readonly receipt: Readonly<Record<string, unknown>>;
}
