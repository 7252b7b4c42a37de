/** What the visitor granted, kept in the visitor's own browser together with the visitor id: the only thing stored. */
export interface Consent {
  readonly subject: string;
  readonly purposes: readonly string[];
  readonly policyVersion: number;
  /** RFC 3339 */
  readonly givenAt: string;
  /** true once the edge has acknowledged the receipt; until then every page tries again */
  readonly registered: boolean;
  /** the TC string that it came from */
  readonly tcf?: string;
  /** id of the text that the page showed */
  readonly wording?: string;
}

export const STORAGE_KEY = "o2mc";

/** Anything that is not a whole consent counts as none. */
export function parseConsent(text: string | null): Consent | undefined {
  try {
    const value = JSON.parse(text ?? "null") as Consent | null;
    if (
      value !== null &&
      typeof value.subject === "string" &&
      typeof value.givenAt === "string" &&
      typeof value.policyVersion === "number" &&
      Array.isArray(value.purposes) &&
      value.purposes.length > 0
    ) {
      return value;
    }
  } catch {
    // not ours, or damaged
  }
  return undefined;
}

export function readConsent(): Consent | undefined {
  try {
    return parseConsent(localStorage.getItem(STORAGE_KEY));
  } catch {
    return undefined;
  }
}

/** Without a storage (blocked, full) the consent holds for this page only. */
export function writeConsent(consent: Consent): void {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(consent));
  } catch {
    // see above
  }
}

export function clearConsent(): void {
  try {
    localStorage.removeItem(STORAGE_KEY);
  } catch {
    // nothing could have been stored either
  }
}
