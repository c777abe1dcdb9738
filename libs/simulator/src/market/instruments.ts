import { TickwrightError, ExitCode } from '@tickwright/runtime';
import { fraction, hashPair, hashText } from './hash.ts';

/** What the market is made of. Two markets with equal options are the same market, trade for trade. */
export interface MarketOptions {
  /** An integer in 0..2^53-1. */
  readonly seed: number;
  /** Ids (`ALPHA`), or how many: then their names are `ALPHA` .. `JULIET`, `S0011`, `S0012`, ... */
  readonly instruments: readonly string[] | number;
  /** Trades a second, all instruments together, the mean over a day. */
  readonly ratePerSecond: number;
}

/** An instrument of the simulated market: what it is like, drawn from seed and symbol. */
export interface SimulatedInstrument {
  /** The venue symbol and the id behind the bar of `SIM|ALPHA`. */
  readonly symbol: string;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  /** Whether it trades only now and then. */
  readonly isQuiet: boolean;
  /** Takers' orders a day: exactly this many on every day. */
  readonly ordersPerDay: number;
  /** Where all its randomness begins. */
  readonly hash: number;
  /** The price around which it moves, in price ticks of 10^-priceDecimals. */
  readonly baseTicks: number;
  /** Price ticks between bid and ask. */
  readonly spreadTicks: number;
  /** The middle of its trade sizes, in units of 10^-quantityDecimals. */
  readonly typicalUnits: number;
  /** Relative price movement of a usual day, 0.02 for 2 %. */
  readonly dailyVolatility: number;
}

export const MAX_INSTRUMENTS = 10_000;
export const MAX_RATE_PER_SECOND = 2_000_000;
/** Mean fills of an order: see order-fills.ts. */
const FILLS_PER_ORDER = 1.5;
const SECONDS_PER_DAY = 86_400;
const NAMES = [
  'ALPHA',
  'BRAVO',
  'CHARLIE',
  'DELTA',
  'ECHO',
  'FOXTROT',
  'GOLF',
  'HOTEL',
  'INDIA',
  'JULIET',
] as const;
/** `ALPHA`, or in the words of venues that name both currencies `ALPHA-USD`, `ALPHA/USD`. */
const SYMBOL = /^[A-Z0-9]{1,20}(?:[-/][A-Z0-9]{1,20})?$/;
/** With fewer instruments than this none is quiet, so that who asks for two sees both trade. */
const FEWEST_FOR_QUIET = 5;
/** Price decimals and quantity decimals go together: a quote volume then has at most eight decimals. */
const GRIDS = [
  { above: 100, priceDecimals: 2, quantityDecimals: 5 },
  { above: 10, priceDecimals: 3, quantityDecimals: 3 },
  { above: 0, priceDecimals: 4, quantityDecimals: 1 },
] as const;

/** The simulator was asked for a market that it cannot make. */
export class MarketOptionsError extends TickwrightError {
  constructor(message: string) {
    super(message, { code: 'SIMULATOR_OPTIONS', exitCode: ExitCode.configuration });
  }
}

/** The names of the first `count` instruments of a market that is given only their number. */
export function instrumentNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => NAMES[at] ?? `S${String(at + 1).padStart(4, '0')}`);
}

/**
 * The instruments of a market, in the order given. Throws a MarketOptionsError for a wrong symbol, seed or rate.
 * An instrument's character depends on seed and symbol only; its share of the trades on the others too.
 */
export function makeInstruments(options: MarketOptions): readonly SimulatedInstrument[] {
  const symbols = checkedSymbols(options);
  const seed = hashPair(options.seed >>> 0, Math.floor(options.seed / 0x1_0000_0000));
  const characters = symbols.map((symbol) => drawCharacter(hashPair(seed, hashText(symbol)), symbol));
  const orders = shareOrders(characters, options.ratePerSecond / FILLS_PER_ORDER);
  return characters.map((character, at) => ({ ...character, ...orders[at] }));
}

function checkedSymbols(options: MarketOptions): readonly string[] {
  const { seed, instruments, ratePerSecond } = options;
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new MarketOptionsError(`the simulator's seed is ${seed}: give an integer from 0 to 2^53-1`);
  }
  if (!(ratePerSecond > 0 && ratePerSecond <= MAX_RATE_PER_SECOND)) {
    throw new MarketOptionsError(
      `the simulator's rate is ${ratePerSecond} trades a second: give a number above 0, at most ${MAX_RATE_PER_SECOND}`,
    );
  }
  const count = typeof instruments === 'number' ? instruments : instruments.length;
  if (!Number.isInteger(count) || count < 1 || count > MAX_INSTRUMENTS) {
    throw new MarketOptionsError(
      `the simulator was asked for ${count} instruments: give 1 to ${MAX_INSTRUMENTS}`,
    );
  }
  const symbols = typeof instruments === 'number' ? instrumentNames(instruments) : instruments;
  const wrong = symbols.find((symbol) => !SYMBOL.test(symbol));
  if (wrong !== undefined) {
    throw new MarketOptionsError(
      `"${wrong}" is not a simulated symbol: 1 to 20 of A-Z and 0-9, as in ALPHA; or two of them with - or / between`,
    );
  }
  if (new Set(symbols).size !== symbols.length) {
    throw new MarketOptionsError('the simulator was given the same instrument twice: name each once');
  }
  return symbols;
}

type Character = Omit<SimulatedInstrument, 'ordersPerDay' | 'isQuiet'>;

function drawCharacter(hash: number, symbol: string): Character {
  const u = (purpose: number) => fraction(hashPair(hash, purpose));
  // From 1 to 1,000, each power of five as likely as the others: cheap and dear instruments.
  const price = 5 ** Math.floor(u(1) * 5) * (1 + 0.6 * u(2));
  const grid = GRIDS.find((each) => price >= each.above) ?? GRIDS[2];
  const notional = 100 + 1900 * u(3);
  return {
    symbol,
    hash,
    priceDecimals: grid.priceDecimals,
    quantityDecimals: grid.quantityDecimals,
    baseTicks: Math.round(price * 10 ** grid.priceDecimals),
    spreadTicks: 1 + Math.floor(u(4) * 3),
    typicalUnits: Math.max(1, Math.round((notional / price) * 10 ** grid.quantityDecimals)),
    dailyVolatility: 0.01 + 0.03 * u(5),
  };
}

/** One instrument in five is quiet, half an order to six a minute; the others share what is left, unequally. */
function shareOrders(characters: readonly Character[], ordersPerSecond: number) {
  const equalShare = ordersPerSecond / characters.length;
  const drawn = characters.map(({ hash }) => ({
    isQuiet: characters.length >= FEWEST_FOR_QUIET && fraction(hashPair(hash, 6)) < 0.2,
    quietRate: Math.min((0.5 + 5.5 * fraction(hashPair(hash, 7))) / 60, equalShare),
    weight: 1 / (0.15 + fraction(hashPair(hash, 8))),
  }));
  const allQuiet = drawn.every((each) => each.isQuiet);
  const kinds = drawn.map((each) => ({ ...each, isQuiet: each.isQuiet && !allQuiet }));
  const quietTotal = sum(kinds.map((each) => (each.isQuiet ? each.quietRate : 0)));
  const weightTotal = sum(kinds.map((each) => (each.isQuiet ? 0 : each.weight)));
  return kinds.map(({ isQuiet, quietRate, weight }) => {
    const rate = isQuiet ? quietRate : ((ordersPerSecond - quietTotal) * weight) / weightTotal;
    return { isQuiet, ordersPerDay: Math.max(1, Math.round(rate * SECONDS_PER_DAY)) };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
