/** An object of a JSON text. */
export type Fields = Record<string, unknown>;

/** The value of a JSON text, or undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string or a JSON number between quotes and brackets: what `parseExactly` puts into quotes. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/**
 * As `parseJson`, with every number left as the text it was written in: a float64 loses digits of a time in seconds, and
 * the zeros by which a venue tells its decimals.
 */
export function parseExactly(text: string): unknown {
  if (parseJson(text) === undefined) return undefined;
  return parseJson(text.replace(TOKENS, (token) => (token.startsWith('"') ? token : `"${token}"`)));
}

const DECIMAL = /^\d+(?:\.\d+)?$/;

/** The float64 nearest to a positive decimal, as a string or a number; undefined for anything else. */
export function positiveDecimal(value: unknown): number | undefined {
  const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
  return typeof number === 'number' && number > 0 && number < Infinity ? number : undefined;
}
