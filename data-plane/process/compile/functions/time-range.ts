/** Of CEL: years 1 to 9999, and durations of 292 years either way; in milliseconds. */
const [MIN, MAX] = [-62_135_596_800_000, Date.UTC(9999, 11, 31, 23, 59, 59, 999)];

export const MAX_DURATION = 9_223_372_036_854;

/** The timestamp, or NaN, which is null, when there is no such. */
export const inRange = (ms: number): number => (ms >= MIN && ms <= MAX ? ms : NaN);

export const durationInRange = (ms: number): number => (Math.abs(ms) <= MAX_DURATION ? ms : NaN);
