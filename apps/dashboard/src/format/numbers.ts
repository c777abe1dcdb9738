const MINUS = '−';
const formats = new Map<string, Intl.NumberFormat>();

function format(decimalsMin: number, decimalsMax: number): Intl.NumberFormat {
  const key = `${decimalsMin}/${decimalsMax}`;
  let found = formats.get(key);
  if (found === undefined) {
    found = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: decimalsMin,
      maximumFractionDigits: decimalsMax,
    });
    formats.set(key, found);
  }
  return found;
}

/** What stands where a value is not known. */
export const UNKNOWN = '–';

const withMinus = (text: string): string => text.replace('-', MINUS);

/** How many decimals a number has when printed, at most 8. */
export function decimalsOf(value: number): number {
  const text = String(value);
  const exponent = /e-(\d+)$/.exec(text);
  if (exponent !== null) return 8;
  const point = text.indexOf('.');
  return point < 0 ? 0 : Math.min(8, text.length - point - 1);
}

/** A price with at least two decimals and as many as its instrument was seen to have. */
export function price(value: number | null | undefined, decimals = 2): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const digits = Math.max(2, decimals);
  return withMinus(format(digits, digits).format(value));
}

/** `+1.20`, `−0.35`, `0.00`: the sign says the direction, so that colour need not. */
export function signed(value: number | null | undefined, decimals = 2): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const text = format(decimals, decimals).format(Math.abs(value));
  if (!/[1-9]/.test(text)) return text;
  return `${value < 0 ? MINUS : '+'}${text}`;
}

export function signedPercent(value: number | null | undefined): string {
  const text = signed(value, 2);
  return text === UNKNOWN ? text : `${text}%`;
}

/** The direction of a signed number as it is shown: what rounds to zero has none. */
export function directionOf(value: number | null | undefined, decimals = 2): 'up' | 'down' | 'flat' {
  if (value === null || value === undefined || Math.abs(value) < 0.5 * 10 ** -decimals) return 'flat';
  return value > 0 ? 'up' : 'down';
}

const STEPS: readonly [number, string][] = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'K'],
];

/** `12.3K`, `4.05M`: three digits that tell the size. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  const step = STEPS.find(([least]) => size >= least);
  if (step === undefined) return withMinus(format(0, size >= 100 ? 0 : size >= 10 ? 1 : 2).format(value));
  const scaled = value / step[0];
  const digits = Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
  return `${withMinus(format(digits, digits).format(scaled))}${step[1]}`;
}

export function whole(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : withMinus(format(0, 0).format(value));
}

export function decimalText(value: number | null | undefined, decimals: number): string {
  return value === null || value === undefined || !Number.isFinite(value)
    ? UNKNOWN
    : withMinus(format(decimals, decimals).format(value));
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  let size = value;
  let unit = 0;
  while (size >= 1_000 && unit < UNITS.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${format(0, unit === 0 || size >= 100 ? 0 : 1).format(size)} ${UNITS[unit] ?? ''}`;
}

/**
 * An exact decimal text as people read it: thousands separated, no digit lost or added beyond `decimalsMin` zeros. Money comes as
 * text so that nothing is lost; it is shown without passing through a float.
 */
export function money(
  text: string | null | undefined,
  options: { sign?: 'always'; decimals?: number } = {},
): string {
  if (text === null || text === undefined) return UNKNOWN;
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return text;
  const [, minus = '', units = '', fraction = ''] = match;
  const { decimals = 2 } = options;
  const { rounded, carried } = roundFraction(fraction, decimals);
  const amount = carried ? String(BigInt(units) + 1n) : units;
  const grouped = amount.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  const body = decimals === 0 ? grouped : `${grouped}.${rounded}`;
  if (!/[1-9]/.test(body)) return body;
  const sign = minus === '-' ? MINUS : options.sign === 'always' ? '+' : '';
  return `${sign}${body}`;
}

/** A price that is a text: at least two decimals, more where it is small, none that it has not. */
export function priceText(text: string | null | undefined): string {
  if (text === null || text === undefined) return UNKNOWN;
  const size = Math.abs(Number(text));
  const most = size >= 1_000 ? 2 : size >= 10 ? 4 : 6;
  const own = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
  return money(text, { decimals: Math.max(2, Math.min(most, own)) });
}

/** A quantity that is a text: four decimals, eight below one, without zeros at its end. */
export function quantityText(text: string, options: { sign?: 'always' } = {}): string {
  const shown = money(text, { ...options, decimals: Math.abs(Number(text)) < 1 ? 8 : 4 });
  return shown.replace(/\.?0+$/, '');
}

/** Half up, in digits. */
function roundFraction(fraction: string, decimals: number): { rounded: string; carried: boolean } {
  const padded = fraction.padEnd(decimals + 1, '0');
  const kept = padded.slice(0, decimals);
  if (Number(padded[decimals]) < 5) return { rounded: kept, carried: false };
  const next = String(BigInt(`1${kept}`) + 1n);
  return { rounded: next.slice(1), carried: next.startsWith('2') };
}
