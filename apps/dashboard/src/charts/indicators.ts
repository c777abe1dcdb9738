/** What indicators are computed from: columns of candles, oldest first. */
export interface Bars {
  readonly high: readonly number[];
  readonly low: readonly number[];
  readonly close: readonly number[];
  readonly volume: readonly number[];
  /** Whether a session begins at this candle. */
  readonly isSessionStart: readonly boolean[];
}

/** One value a candle; NaN while there are too few. */
export type Line = number[];

/** Simple moving average. */
export function sma(values: readonly number[], length: number): Line {
  const line: Line = [];
  let sum = 0;
  for (const [index, value] of values.entries()) {
    sum += value;
    if (index >= length) sum -= values[index - length] ?? 0;
    line.push(index >= length - 1 ? sum / length : NaN);
  }
  return line;
}

/** Exponential moving average, begun with the simple one as most charts do. */
export function ema(values: readonly number[], length: number): Line {
  const line: Line = [];
  const weight = 2 / (length + 1);
  let sum = 0;
  let last = NaN;
  for (const [index, value] of values.entries()) {
    if (index < length) {
      sum += value;
      if (index === length - 1) last = sum / length;
    } else last += weight * (value - last);
    line.push(last);
  }
  return line;
}

/** Relative strength index after Wilder. */
export function rsi(values: readonly number[], length: number): Line {
  const line: Line = [];
  let gain = 0;
  let loss = 0;
  for (const [index, value] of values.entries()) {
    const change = index === 0 ? 0 : value - (values[index - 1] ?? value);
    const up = Math.max(0, change);
    const down = Math.max(0, -change);
    if (index <= length) {
      gain += up / length;
      loss += down / length;
    } else {
      gain += (up - gain) / length;
      loss += (down - loss) / length;
    }
    if (index < length) line.push(NaN);
    else line.push(gain + loss === 0 ? 50 : (100 * gain) / (gain + loss));
  }
  return line;
}

/** Volume-weighted average price, begun anew with each session. */
export function vwap(bars: Bars): Line {
  const line: Line = [];
  let value = 0;
  let volume = 0;
  for (const [index, close] of bars.close.entries()) {
    if (bars.isSessionStart[index] === true) value = volume = 0;
    const typical = ((bars.high[index] ?? close) + (bars.low[index] ?? close) + close) / 3;
    value += typical * (bars.volume[index] ?? 0);
    volume += bars.volume[index] ?? 0;
    line.push(volume === 0 ? NaN : value / volume);
  }
  return line;
}

/** Bands of two standard deviations round the simple average. */
export function bollinger(values: readonly number[], length: number): { upper: Line; lower: Line } {
  const middle = sma(values, length);
  const upper: Line = [];
  const lower: Line = [];
  for (const [index, mean] of middle.entries()) {
    let squares = 0;
    for (let at = Math.max(0, index - length + 1); at <= index; at += 1)
      squares += ((values[at] ?? 0) - mean) ** 2;
    const deviation = 2 * Math.sqrt(squares / length);
    upper.push(mean + deviation);
    lower.push(mean - deviation);
  }
  return { upper, lower };
}
