import type { DestinationTestCode } from "./destination-test.ts";

/** Value in `BUCKETS.destinationProblems`: why deliver cannot begin at a destination. */
export interface DestinationProblem {
  readonly v: 1;
  readonly code: DestinationTestCode;
  /** as a test says it */
  readonly message: string;
  /** epoch ms */
  readonly since: number;
}
