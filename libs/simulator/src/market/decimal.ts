const VENUE_DECIMALS = 8;

/** An integer number of units of 10^-decimals as Binance prints it: eight decimals, `61837.63000000`. Exact. */
export function printUnits(units: number, decimals: number): string {
  const digits = String(units).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return `${digits.slice(0, point)}.${digits.slice(point)}${'0'.repeat(VENUE_DECIMALS - decimals)}`;
}

/** As `printUnits`, for sums that may not fit a double. */
export function printBigUnits(units: bigint, decimals: number): string {
  const digits = String(units).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return `${digits.slice(0, point)}.${digits.slice(point)}${'0'.repeat(VENUE_DECIMALS - decimals)}`;
}

/** The step of a grid with that many decimals, as Binance prints it: `0.01000000`. */
export function printStep(decimals: number): string {
  return printUnits(1, decimals);
}

/** An integer number of units of 10^-decimals with just those decimals: `61837.63`. Exact. */
export function printFixed(units: number | bigint, decimals: number): string {
  const digits = String(units).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return decimals === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** A decimal without the zeros at its end: `985` for `985.00000000`. */
export function trimZeros(decimal: string): string {
  return decimal.replace(/\.?0+$/, '');
}
