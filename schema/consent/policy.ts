/** The consent policy of one application: what data may be used for, and which purposes may see which field. */
export interface Policy {
  /** rises by one at each publish; consent given under a lower version is outdated, hence a denial */
  readonly version: number;
  readonly purposes: readonly Purpose[];
  readonly fields: readonly FieldDeclaration[];
}

/** GDPR art. 6(1) a–f. */
export type LegalBasis =
  "consent" | "contract" | "legal-obligation" | "vital-interests" | "public-task" | "legitimate-interests";

export interface Purpose {
  /** `[a-z][a-z0-9-]{0,31}` */
  readonly name: string;
  readonly description: string;
  readonly legalBasis: LegalBasis;
  /** how long a consent stays valid, in days */
  readonly lifetimeDays: number;
}

export type FieldType = "string" | "number" | "integer" | "boolean" | "timestamp";

/** One declared event field. A field that no declaration names is visible to nobody and dropped at the gate. */
export interface FieldDeclaration {
  /** dotted path below the event's `data`, such as `page.path`; or one of `ENVELOPE_FIELDS` */
  readonly path: string;
  readonly type: FieldType;
  readonly purposes: readonly string[];
  readonly description: string;
}

export const PURPOSE_NAME = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * Envelope attributes that a policy may declare like a field (path with the leading `$`): `$subject` and `$ip` are
 * personal and seen by nobody unless declared. `$id`, `$time`, `$type` and `$source` are not personal: every lane sees them.
 */
export const FIELD_PATH = /^(?:\$subject|\$ip|[A-Za-z_][A-Za-z0-9_]{0,63}(?:\.[A-Za-z_][A-Za-z0-9_]{0,63}){0,7})$/;
