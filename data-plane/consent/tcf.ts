import { RestrictionType, TCString, type TCModel } from "@iabtechlabtcf/core";
import type { TcfGrants } from "@o2mc/schema/consent/signals.ts";
import { DISCLOSED_VENDORS, segmentType, tcfFlaw } from "./tcf-flaw.ts";

/** from then on (TCF 2.3) a string must say which vendors the subject was told of */
const DISCLOSURE_DUE = Date.UTC(2026, 2, 1);

export interface TcString extends TcfGrants {
  readonly policyVersion: number;
}

/**
 * Decodes an IAB TC string of version 2 (TCF 2.0 to 2.3: "Consent string and vendor list formats v2", IAB Tech Lab),
 * strictly: undefined for whatever is not one, to the last bit.
 */
export function parseTcString(text: string): TcString | undefined {
  if (tcfFlaw(text) !== undefined) return undefined;
  const model = decode(text);
  if (model === undefined) return undefined;
  const created = model.created.getTime();
  const lastUpdated = model.lastUpdated.getTime();
  const disclosed = text.split(".").some((segment, i) => i > 0 && segmentType(segment) === DISCLOSED_VENDORS);
  if (lastUpdated < created || (!disclosed && created >= DISCLOSURE_DUE)) return undefined;
  return {
    lastUpdated,
    policyVersion: Number(model.policyVersion),
    grants: (purpose, vendor, basis) =>
      vendor === null ? purposesOf(model, basis).has(purpose) : grantsVendor(model, disclosed, purpose, vendor, basis),
  };
}

/** The library throws errors of five kinds, TypeError too, at what it cannot read: all mean the same here. */
function decode(text: string): TCModel | undefined {
  try {
    return TCString.decode(text);
  } catch {
    return undefined;
  }
}

type Basis = Parameters<TcfGrants["grants"]>[2];

const purposesOf = (model: TCModel, basis: Basis): TCModel["purposeConsents"] =>
  basis === "consent" ? model.purposeConsents : model.purposeLegitimateInterests;

function grantsVendor(model: TCModel, disclosed: boolean, purpose: number, vendor: number, basis: Basis): boolean {
  if (!purposesOf(model, basis).has(purpose)) return false;
  if (disclosed && !model.vendorsDisclosed.has(vendor)) return false;
  const vendors = basis === "consent" ? model.vendorConsents : model.vendorLegitimateInterests;
  const otherOnly = basis === "consent" ? RestrictionType.REQUIRE_LI : RestrictionType.REQUIRE_CONSENT;
  const restricted = model.publisherRestrictions
    .getRestrictions(vendor)
    .some(
      ({ purposeId, restrictionType }) =>
        purposeId === purpose && (restrictionType === RestrictionType.NOT_ALLOWED || restrictionType === otherOnly),
    );
  return !restricted && vendors.has(vendor);
}
