/** What a subject has said, as an event or a receipt carries it. */
export interface ConsentClaim {
  readonly purposes: readonly string[];
  /** policy version that the subject saw */
  readonly policyVersion: number;
  /** epoch milliseconds at which consent was given */
  readonly givenAt: number;
}

/** Latest stored consent of a subject: value in `BUCKETS.consent`. Withdrawal = empty `purposes`. */
export interface ConsentState extends ConsentClaim {
  readonly receipt: string;
}

/** Why the gate dropped an event or kept it out of every lane; counted under these names. */
export type DenialReason =
  | "no-consent"
  | "malformed-consent"
  | "outdated-policy"
  | "expired"
  | "unknown-purpose"
  | "unknown-wording"
  | "no-lane"
  | "withdrawn"
  | "opted-out";
