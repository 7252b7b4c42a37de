import type { LegalBasis, Policy, Purpose, SignalMeaning, TcfMeaning } from "./policy.ts";

/** What came along with a claim, or with the request that brought it. */
export interface Signals {
  readonly gpc: boolean;
  readonly dnt: boolean;
  /** a decoded TC string; absent = none was sent */
  readonly tcf?: TcfGrants;
}

/** What a TC string grants. */
export interface TcfGrants {
  /** epoch ms */
  readonly lastUpdated: number;
  /** under `basis` for `purpose`, of `vendor` too where it is not null */
  grants(purpose: number, vendor: number | null, basis: "consent" | "legitimate-interest"): boolean;
}

/** A subject may refuse what rests on their consent, and object by automated means to what art. 21 GDPR names. */
const REFUSABLE: ReadonlySet<LegalBasis> = new Set(["consent", "legitimate-interests", "public-task"]);

/** Of a purpose whose policy does not say: a refusal is a refusal wherever the law lets a subject refuse. */
export function defaultSignals(legalBasis: LegalBasis): SignalMeaning {
  const effect = REFUSABLE.has(legalBasis) ? "deny" : "ignore";
  return { gpc: effect, dnt: effect, tcf: null };
}

/** The purposes that the signals deny, whatever the subject has said elsewhere. */
export function optedOut(policy: Policy, signals: Signals): readonly string[] {
  return policy.purposes.filter((purpose) => denies(purpose, signals)).map(({ name }) => name);
}

/** The purposes of which a TC string speaks and that it grants: what a consent tool's string means by itself. */
export function grantedByTcf(policy: Policy, tcf: TcfGrants): readonly string[] {
  return policy.purposes
    .filter(({ signals, legalBasis }) => signals?.tcf != null && permits(tcf, signals.tcf, legalBasis))
    .map(({ name }) => name);
}

function denies({ legalBasis, signals = defaultSignals(legalBasis) }: Purpose, { gpc, dnt, tcf }: Signals): boolean {
  if (gpc && signals.gpc === "deny") return true;
  if (dnt && signals.dnt === "deny") return true;
  return tcf !== undefined && signals.tcf !== null && !permits(tcf, signals.tcf, legalBasis);
}

function permits(tcf: TcfGrants, { purposes, vendor }: TcfMeaning, legalBasis: LegalBasis): boolean {
  return purposes.every(
    (purpose) =>
      tcf.grants(purpose, vendor, "consent") ||
      (legalBasis === "legitimate-interests" && tcf.grants(purpose, vendor, "legitimate-interest")),
  );
}
