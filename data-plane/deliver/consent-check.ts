/**
 * Asks the stored consent: true = the state of this subject covers all `purposes`, or there is none stored (then the
 * event's own consent, judged at the gate, counts alone).
 */
export type ConsentCheck = (application: string, subjectKey: string, purposes: readonly string[]) => boolean;
