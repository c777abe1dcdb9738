/**
 * Times as venues write them in text, `2025-07-23T04:41:46.919844Z` (RFC 3339), as integer microseconds UTC: what is finer
 * is cut off, so that a time never moves into the next second, minute or candle.
 */
const ZERO = 0x30;
const QUOTE = 0x22;
const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const CAPITAL_T = 0x54;
const CAPITAL_Z = 0x5a;
const UNSURE = -1;
const DAY_MICROS = 86_400_000_000;
const MAX_FRACTION_DIGITS = 9;
const LAYOUT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/**
 * Reads a time in quotes, in UTC (`Z`), into `numbers[slot]`. Returns the position behind the closing quote, or -1 where
 * it is written otherwise or is no time. Costs no string: the hot path's.
 */
export function scanTime(bytes: Buffer, quote: number, numbers: Float64Array, slot: number): number {
  const isLaidOut =
    bytes[quote] === QUOTE &&
    bytes[quote + 5] === DASH &&
    bytes[quote + 8] === DASH &&
    bytes[quote + 11] === CAPITAL_T &&
    bytes[quote + 14] === COLON &&
    bytes[quote + 17] === COLON;
  if (!isLaidOut) return UNSURE;
  const year = twoDigits(bytes, quote + 1) * 100 + twoDigits(bytes, quote + 3);
  const month = twoDigits(bytes, quote + 6);
  const day = twoDigits(bytes, quote + 9);
  const hour = twoDigits(bytes, quote + 12);
  const minute = twoDigits(bytes, quote + 15);
  const second = twoDigits(bytes, quote + 18);
  // NaN, which stands for what is no digit, is in no range.
  if (!(year >= 1970 && hour <= 23 && minute <= 59 && second <= 59)) return UNSURE;
  const days = daysUntil(year, month, day);
  if (days < 0) return UNSURE;
  let at = quote + 20;
  let micros = 0;
  if (bytes[at] === DOT) {
    const first = ++at;
    let digit = bytes[at] - ZERO;
    for (; digit >= 0 && digit <= 9; digit = bytes[++at] - ZERO) {
      if (at - first < 6) micros = micros * 10 + digit;
    }
    const digits = at - first;
    if (digits === 0 || digits > MAX_FRACTION_DIGITS) return UNSURE;
    for (let missing = digits; missing < 6; missing++) micros *= 10;
  }
  if (bytes[at] !== CAPITAL_Z || bytes[at + 1] !== QUOTE) return UNSURE;
  numbers[slot] = days * DAY_MICROS + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros;
  return at + 2;
}

/** The same for a value of JSON.parse, with any offset from UTC; -1 for what is no time. */
export function timeMicros(value: unknown): number {
  const match = typeof value === 'string' ? LAYOUT.exec(value) : null;
  if (match === null) return -1;
  const [, seconds = '', fraction = '', zone = ''] = match;
  const ms = Date.parse(`${seconds}${zone}`);
  // Date.parse takes the 30th of February for the 1st of March.
  const isDay = new Date(`${seconds}Z`).toJSON()?.startsWith(seconds) === true;
  const micros = ms * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
  return isDay && micros >= 0 ? micros : -1;
}

function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at] - ZERO;
  const ones = bytes[at + 1] - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Days from 1970 to a date of the Gregorian calendar; -1 for none. */
function daysUntil(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return -1;
  // Counted from March, so that the leap day is a year's last: months of 153 days in five.
  const shifted = month > 2 ? month - 3 : month + 9;
  const years = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * shifted + 2) / 5) + day - 1;
  return (
    years * 365 +
    Math.floor(years / 4) -
    Math.floor(years / 100) +
    Math.floor(years / 400) +
    dayOfYear -
    719_468
  );
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
