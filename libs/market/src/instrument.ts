/** An instrument's key, `SEGMENT|ID`: `NSE_EQ|INE155A01022`, `BINANCE|BTCUSDT`, `KRAKEN|BTC/USD`, `SIM|ALPHA`. */
export type InstrumentKey = string & { readonly __brand: 'InstrumentKey' };

/** What the core must know of an instrument to fold its ticks. */
export interface Instrument {
  readonly key: InstrumentKey;
  /** The market segment: what stands before the bar. */
  readonly segment: string;
  /** What stands after the bar. */
  readonly id: string;
  /** The venue's own string for it: `BTCUSDT`. */
  readonly venueSymbol: string;
  /** How many decimals the venue's prices have at most. */
  readonly priceDecimals: number;
  /** How many decimals the venue's quantities have at most; volumes are summed in units of 10^-quantityDecimals. */
  readonly quantityDecimals: number;
  /** Name of the session calendar, for example `always` or `nse`. */
  readonly calendar: string;
}

/** Without a look behind or ahead, so that other engines than JavaScript's know it. */
const KEY = /^[A-Z][A-Z0-9_]*\|[^\s|]{1,64}(?: [^\s|]{1,64})*$/;

/** A key's shape, as a regular expression's source. */
export const INSTRUMENT_KEY_PATTERN = KEY.source;

/** Checks a key's shape. Throws a RangeError that says what is wrong; segments are upper case, the id has no bar. */
export function instrumentKey(text: string): InstrumentKey {
  if (!KEY.test(text)) {
    throw new RangeError(
      `"${text}" is not an instrument key: expected SEGMENT|ID, for example BINANCE|BTCUSDT (quote the bar in a shell)`,
    );
  }
  return text as InstrumentKey;
}

/** Splits a key at its bar. */
export function splitKey(key: InstrumentKey): { segment: string; id: string } {
  const bar = key.indexOf('|');
  return { segment: key.slice(0, bar), id: key.slice(bar + 1) };
}

/**
 * Gives each instrument a small dense number, so that the hot path indexes arrays by it instead of hashing strings.
 * Numbers are given in order of adding, never reused, never changed.
 */
export class InstrumentTable {
  readonly #list: Instrument[] = [];
  readonly #byKey = new Map<string, number>();

  get size(): number {
    return this.#list.length;
  }

  /** Adds an instrument, or finds it by key. Returns its number. The first registration's decimals stand. */
  add(instrument: Instrument): number {
    const known = this.#byKey.get(instrument.key);
    if (known !== undefined) return known;
    const index = this.#list.length;
    this.#list.push(instrument);
    this.#byKey.set(instrument.key, index);
    return index;
  }

  /** The instrument's number, or -1. */
  indexOf(key: string): number {
    return this.#byKey.get(key) ?? -1;
  }

  /** The instrument of a number that `add` returned. Throws a RangeError for any other. */
  at(index: number): Instrument {
    const found = this.#list[index];
    if (found === undefined) throw new RangeError(`no instrument has the number ${index}`);
    return found;
  }

  /** All instruments, in order of their numbers. */
  list(): readonly Instrument[] {
    return this.#list;
  }
}
