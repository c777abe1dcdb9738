/** A candle folded by decimal arithmetic alone: an oracle that shares no code with the product. */
export interface DecimalCandle {
  readonly openTimeMs: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
  tradeCount: number;
}

export interface DecimalTrade {
  readonly timeMs: number;
  readonly price: string;
  readonly quantity: string;
}

const DECIMALS = 12;

/** A decimal string as an integer of 10^-12 units. */
export function units(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(DECIMALS, '0').slice(0, DECIMALS));
}

/** Units as the shortest decimal string. */
export function decimal(value: bigint): string {
  const digits = value.toString().padStart(DECIMALS + 1, '0');
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -DECIMALS) : `${digits.slice(0, -DECIMALS)}.${fraction}`;
}

/** A JSON number as the shortest decimal string, without an exponent. */
export function printed(value: number): string {
  const [mantissa = '0', exponent] = String(value).split('e-');
  if (exponent === undefined) return mantissa;
  const digits = mantissa.replace('.', '');
  return `0.${'0'.repeat(Number(exponent) - 1)}${digits}`;
}

/** Folds trades, in the order given, into candles of `minutes`; minutes without a trade have none. */
export function foldDecimals(trades: Iterable<DecimalTrade>, minutes = 1): DecimalCandle[] {
  const width = minutes * 60_000;
  const candles = new Map<number, DecimalCandle>();
  for (const { timeMs, price, quantity } of trades) {
    const openTimeMs = Math.floor(timeMs / width) * width;
    const short = decimal(units(price));
    const candle = candles.get(openTimeMs);
    if (candle === undefined) {
      const volume = decimal(units(quantity));
      candles.set(openTimeMs, {
        openTimeMs,
        open: short,
        high: short,
        low: short,
        close: short,
        volume,
        tradeCount: 1,
      });
      continue;
    }
    if (units(price) > units(candle.high)) candle.high = short;
    if (units(price) < units(candle.low)) candle.low = short;
    candle.close = short;
    candle.volume = decimal(units(candle.volume) + units(quantity));
    candle.tradeCount += 1;
  }
  return [...candles.values()].sort((a, b) => a.openTimeMs - b.openTimeMs);
}

/** What `candles --json` gives. */
export interface CandleJson {
  readonly openTime: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly tradeCount: number;
  readonly isClosed: boolean;
  readonly isComplete: boolean;
  readonly revision: number;
  readonly source: string;
}

/** A published candle in the oracle's terms. */
export function asDecimal(candle: CandleJson): DecimalCandle {
  const { open, high, low, close, volume, tradeCount } = candle;
  return {
    openTimeMs: Date.parse(candle.openTime),
    open: printed(open),
    high: printed(high),
    low: printed(low),
    close: printed(close),
    volume: printed(volume),
    tradeCount,
  };
}
