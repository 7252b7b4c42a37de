import type { TcfGrants } from "@o2mc/schema/consent/signals.ts";
import { BitReader } from "./bit-reader.ts";

/** longer than any with all vendors, and short enough to be read for each event */
const MAX_LENGTH = 20_000;
const SEGMENT = /^[A-Za-z0-9_-]+$/;
/** encoders fill up to whole bytes, or to whole groups of four characters */
const MAX_PADDING = 24;
/** from then on (TCF 2.3) a string must say which vendors the subject was told of */
const DISCLOSURE_DUE = Date.UTC(2026, 2, 1);

const DISCLOSED_VENDORS = 1;
const ALLOWED_VENDORS = 2;
const PUBLISHER = 3;

/** Of a publisher's restriction on a vendor and a purpose. */
const NOT_ALLOWED = 0;
const ONLY_CONSENT = 1;
const ONLY_LEGITIMATE_INTEREST = 2;

export interface TcString extends TcfGrants {
  readonly policyVersion: number;
}

/**
 * Decodes an IAB TC string of version 2 (TCF 2.0 to 2.3: "Consent string and vendor list formats v2", IAB Tech Lab),
 * strictly: undefined for whatever is not one, to the last bit.
 */
export function parseTcString(text: string): TcString | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    return decode(text.split("."));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Vendors {
  has(vendor: number): boolean;
}

interface Restriction {
  readonly purpose: number;
  readonly type: number;
  readonly vendors: Vendors;
}

function decode([core = "", ...others]: readonly string[]): TcString {
  const bits = open(core);
  if (bits.integer(6) !== 2) throw new RangeError("not version 2");
  const created = bits.integer(36) * 100;
  const lastUpdated = bits.integer(36) * 100;
  if (lastUpdated < created) throw new RangeError("updated before it was made");
  // CMP id and version, screen, language, version of the vendor list
  bits.skip(12 + 12 + 6 + 12 + 12);
  const policyVersion = bits.integer(6);
  // service specific, non-standard texts, special features
  bits.skip(1 + 1 + 12);
  const consent = bits.flags(24);
  const interest = bits.flags(24);
  // purpose one treatment, publisher's country
  bits.skip(1 + 12);
  const vendorConsent = vendors(bits);
  const vendorInterest = vendors(bits);
  const restrictions = restrictionsOf(bits);
  bits.end(MAX_PADDING);
  const disclosed = disclosedVendors(others);
  if (disclosed === undefined && created >= DISCLOSURE_DUE) throw new RangeError("disclosed vendors are missing");

  return {
    lastUpdated,
    policyVersion,
    grants: (purpose, vendor, basis) => {
      const byConsent = basis === "consent";
      if (!(byConsent ? consent : interest).has(purpose)) return false;
      if (vendor === null) return true;
      if (disclosed !== undefined && !disclosed.has(vendor)) return false;
      const other = byConsent ? ONLY_LEGITIMATE_INTEREST : ONLY_CONSENT;
      const restricted = restrictions.some(
        (one) => one.purpose === purpose && one.vendors.has(vendor) && (one.type === NOT_ALLOWED || one.type === other),
      );
      return !restricted && (byConsent ? vendorConsent : vendorInterest).has(vendor);
    },
  };
}

function open(segment: string): BitReader {
  // base64url: a length of 4n + 1 holds no whole byte
  if (!SEGMENT.test(segment) || segment.length % 4 === 1) throw new RangeError("not base64url");
  return new BitReader(Buffer.from(segment, "base64url"));
}

/** A bit for each vendor up to the highest, or ranges. */
function vendors(bits: BitReader): Vendors {
  const max = bits.integer(16);
  return bits.integer(1) === 0 ? bits.flags(max) : ranges(bits, max);
}

/** Kept as they are: written out, a string of some kilobytes could name hundreds of millions of vendors. */
function ranges(bits: BitReader, max: number): Vendors {
  const found: (readonly [first: number, last: number])[] = [];
  for (let left = bits.integer(12); left > 0; left--) {
    const single = bits.integer(1) === 0;
    const first = bits.integer(16);
    const last = single ? first : bits.integer(16);
    if (first < 1 || last < first || last > max) throw new RangeError("a range that is none");
    found.push([first, last]);
  }
  return { has: (vendor) => found.some(([first, last]) => first <= vendor && vendor <= last) };
}

function restrictionsOf(bits: BitReader): readonly Restriction[] {
  const found: Restriction[] = [];
  for (let left = bits.integer(12); left > 0; left--) {
    const purpose = bits.integer(6);
    const type = bits.integer(2);
    found.push({ purpose, type, vendors: ranges(bits, 65_535) });
  }
  return found;
}

function disclosedVendors(segments: readonly string[]): Vendors | undefined {
  const seen = new Set<number>();
  let disclosed: Vendors | undefined;
  for (const segment of segments) {
    const bits = open(segment);
    const type = bits.integer(3);
    if (seen.has(type)) throw new RangeError("a segment twice");
    seen.add(type);
    if (type === DISCLOSED_VENDORS) {
      disclosed = vendors(bits);
      bits.end(MAX_PADDING);
    } else if (type !== ALLOWED_VENDORS && type !== PUBLISHER) {
      throw new RangeError("an unknown segment");
    }
  }
  return disclosed;
}
