/** The consent policy of one application: what data may be used for, and which purposes may see which field. */
export interface Policy {
  /** rises by one at each publish; consent given under a lower version is outdated, hence a denial */
  readonly version: number;
  readonly purposes: readonly Purpose[];
  readonly fields: readonly FieldDeclaration[];
  /** named bundles of purposes, each holding all of the one before; absent = none */
  readonly levels?: readonly Level[];
  /** what subjects are shown when they are asked, each in one language; absent = none */
  readonly wordings?: readonly Wording[];
  /**
   * The purpose that proof of consent is processed for (GDPR art. 7(1), so a legal obligation): its lane gets the receipts,
   * and nothing else gets there. Absent = receipts stay in their chain.
   */
  readonly receiptsPurpose?: string;
  /** who answers for the processing, by name: stands in every receipt */
  readonly controller?: string;
  /** whose law the consent is given under, such as `EU`: stands in every receipt */
  readonly jurisdiction?: string;
}

export interface Level {
  /** like a purpose's */
  readonly name: string;
  readonly purposes: readonly string[];
}

/** A text of a banner or form, whole in one language: what consent was given to. */
export interface Wording {
  /** like a purpose's name; a changed text is a new policy version's */
  readonly id: string;
  /** BCP 47, such as `en` or `nl-BE` */
  readonly language: string;
  /** what stands above the choices */
  readonly text: string;
  /** what stands at each purpose; those that rest on consent all have one */
  readonly purposes: readonly { readonly name: string; readonly text: string }[];
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
  /** what a browser's or a consent tool's signal means for it; absent = `defaultSignals` */
  readonly signals?: SignalMeaning;
}

/** Signals only ever deny: whatever else was said, the stricter counts. */
export interface SignalMeaning {
  /** Global Privacy Control (`Sec-GPC: 1`) */
  readonly gpc: SignalEffect;
  /** Do Not Track (`DNT: 1`) */
  readonly dnt: SignalEffect;
  /** what an IAB TCF 2 string, where one is sent, must grant; null = it says nothing about this purpose */
  readonly tcf: TcfMeaning | null;
}

export type SignalEffect = "deny" | "ignore";

export interface TcfMeaning {
  /** the framework's purposes, 1 to 24, all of which must be granted */
  readonly purposes: readonly number[];
  /** the vendor that must be granted too, and disclosed where the string says who was; null = none */
  readonly vendor: number | null;
}

export type FieldType = "string" | "number" | "integer" | "boolean" | "timestamp";

/** One declared event field. A field that no declaration names is visible to nobody and dropped at the gate. */
export interface FieldDeclaration {
  /** dotted path below the event's `data`, such as `page.path`; or one of `ENVELOPE_FIELDS` */
  readonly path: string;
  readonly type: FieldType;
  readonly purposes: readonly string[];
  readonly description: string;
  /** who may see what is left of it after `anonymize`; absent = nobody more than before */
  readonly anonymized?: readonly AnonymizedUse[];
}

/** After one of `methods` a column that holds the field's value, and nothing else, may be seen by `purposes` too. */
export interface AnonymizedUse {
  readonly methods: readonly AnonymizeMethod[];
  readonly purposes: readonly string[];
  /** of mask and truncate: the most characters that may stay; absent = none */
  readonly keep?: number;
  /** of generalise, of numbers: the least step */
  readonly step?: number;
  /** of generalise, of timestamps: the finest unit */
  readonly to?: TimeUnit;
  /** of hash: the longest time after which its salt must be another; absent = it need not change */
  readonly rotate?: RotationPeriod;
}

/** From fine to coarse. */
export const TIME_UNITS = ["hour", "day", "month", "year"] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

/** From short to long. */
export const ROTATION_PERIODS = ["day", "week", "month"] as const;
export type RotationPeriod = (typeof ROTATION_PERIODS)[number];

export const ANONYMIZE_METHODS = ["hash", "mask", "truncate", "generalise"] as const;
export type AnonymizeMethod = (typeof ANONYMIZE_METHODS)[number];

export const PURPOSE_NAME = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * Envelope attributes that a policy may declare like a field (path with the leading `$`): `$subject` and `$ip` are
 * personal and seen by nobody unless declared. `$id`, `$time`, `$type` and `$source` are not personal: every lane sees them.
 */
export const FIELD_PATH = /^(?:\$subject|\$ip|[A-Za-z_][A-Za-z0-9_]{0,63}(?:\.[A-Za-z_][A-Za-z0-9_]{0,63}){0,7})$/;
