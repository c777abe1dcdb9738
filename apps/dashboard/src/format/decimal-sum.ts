const SCALE = 18;

function units(text: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return 0n;
  const [, minus = '', whole = '', fraction = ''] = match;
  const value = BigInt(whole + fraction.slice(0, SCALE).padEnd(SCALE, '0'));
  return minus === '-' ? -value : value;
}

/** The exact sum of decimal texts. */
export function sumDecimals(texts: Iterable<string>): string {
  let sum = 0n;
  for (const text of texts) sum += units(text);
  const digits = (sum < 0n ? -sum : sum).toString().padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  const whole = digits.slice(0, -SCALE);
  return `${sum < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The way a decimal text points. */
export function decimalTone(text: string | null | undefined): 'up' | 'down' | 'flat' {
  if (text === null || text === undefined || !/[1-9]/.test(text)) return 'flat';
  return text.startsWith('-') ? 'down' : 'up';
}
