/** One measured number, one line of the table. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Least and greatest of the rounds. */
  readonly min?: number;
  readonly max?: number;
  readonly aim?: { readonly atLeast: number } | { readonly atMost: number };
}

/** What the command line may change for every part; a part ignores what has no meaning for it. */
export interface BenchOptions {
  readonly seconds?: number;
  readonly rounds?: number;
  /** Ticks generated for the parts that need many on disk. */
  readonly ticks?: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of the rounds with their least and greatest. */
export function figureOf(
  name: string,
  values: readonly number[],
  options: Pick<Figure, 'unit' | 'aim'>,
): Figure {
  return { name, value: median(values), min: Math.min(...values), max: Math.max(...values), ...options };
}

export function figureLine(part: string, figure: Figure): string {
  const { name, value, unit, min, max, aim } = figure;
  const range = min === undefined || max === undefined || min === max ? '' : `${short(min)}..${short(max)}`;
  const cells = [
    part.padEnd(12),
    name.padEnd(58),
    short(value).padStart(10),
    unit.padEnd(14),
    range.padEnd(20),
  ];
  return `${cells.join(' ')} ${aim === undefined ? '' : verdict(value, aim)}`.trimEnd();
}

function verdict(value: number, aim: NonNullable<Figure['aim']>): string {
  const isAtLeast = 'atLeast' in aim;
  const bound = isAtLeast ? aim.atLeast : aim.atMost;
  const isReached = isAtLeast ? value >= bound : value <= bound;
  return `aim ${isAtLeast ? '>=' : '<='} ${short(bound)}: ${isReached ? 'reached' : 'NOT reached'}`;
}

function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  if (size >= 1e4) return `${(value / 1e3).toPrecision(3)} k`;
  return size >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
