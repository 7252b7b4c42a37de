/** What a TC string says, as it is generated. */
export interface TcfFacts {
  readonly consent: readonly number[];
  readonly interest: readonly number[];
  readonly vendors: readonly number[];
  readonly interestVendors: readonly number[];
  /** it says that it was last changed in 2040 */
  readonly future: boolean;
}

const MADE = Date.UTC(2024, 0, 1) / 100;
const FUTURE = Date.UTC(2040, 0, 1) / 100;
const MAX_VENDOR = 16;

const number = (value: number, bits: number): string => value.toString(2).padStart(bits, "0");
const bits = (set: readonly number[], count: number): string =>
  Array.from({ length: count }, (_, i) => (set.includes(i + 1) ? "1" : "0")).join("");

/** Bit by bit as "Consent string and vendor list formats v2" has it; shares no code with what reads it. */
export function tcString({ consent, interest, vendors, interestVendors, future }: TcfFacts): string {
  const core = [
    number(2, 6),
    number(MADE, 36),
    number(future ? FUTURE : MADE, 36),
    // CMP id and version, screen, language, version of the vendor list, of the policy
    number(7, 12) + number(1, 12) + number(0, 6) + number(0, 12) + number(48, 12) + number(5, 6),
    "00",
    number(0, 12),
    bits(consent, 24),
    bits(interest, 24),
    "0",
    number(0, 12),
    `${number(MAX_VENDOR, 16)}0${bits(vendors, MAX_VENDOR)}`,
    `${number(MAX_VENDOR, 16)}0${bits(interestVendors, MAX_VENDOR)}`,
    number(0, 12),
  ].join("");
  const bytes = core.padEnd(Math.ceil(core.length / 8) * 8, "0").match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))).toString("base64url");
}
