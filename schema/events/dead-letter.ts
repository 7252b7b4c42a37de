import type { Scalar } from "./frame.ts";

/** Message on `deadSubject`, JSON: the lane's view of an event or result that could not be used. */
export interface DeadLetter {
  readonly v: 1;
  /** epoch ms */
  readonly at: number;
  readonly stage: "process" | "deliver";
  /** pipeline id or delivery id */
  readonly owner: string;
  readonly step?: string;
  /** stable code */
  readonly code: string;
  readonly message: string;
  readonly subjectKey?: string;
  /** as in `ResultFrame`; absent = 0 */
  readonly policy?: number;
  /** `laneId` of the purposes that the row was used for: whoever reads it asks the subject's consent to them anew */
  readonly lane?: string;
  readonly row: Readonly<Record<string, Scalar>>;
}
