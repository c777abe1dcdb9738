/** What rounds have counted (numbers are added up) and measured (lists are joined). */
export type Figures = Readonly<Record<string, number | readonly number[]>>;

export function added(sum: Figures, more: Figures): Figures {
  const names = new Set([...Object.keys(sum), ...Object.keys(more)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const [a, b] = [sum[name], more[name]];
      if (typeof a === 'object' || typeof b === 'object') return [name, [...listed(a), ...listed(b)]];
      return [name, (a ?? 0) + (b ?? 0)];
    }),
  );
}

function listed(value: number | readonly number[] | undefined): readonly number[] {
  if (value === undefined) return [];
  return typeof value === 'number' ? [value] : value;
}

/** Of fewer values the highest percentile is the highest value. */
const MANY = 100;

/** `durable frames lost 0, back ms p50 812 max 1,204`, with p99 of many. */
export function told(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) =>
      typeof value === 'number' ? `${name} ${value.toLocaleString('en-US')}` : `${name} ${spread(value)}`,
    )
    .join(', ');
}

function spread(values: readonly number[]): string {
  const p99 = values.length < MANY ? '' : ` p99 ${whole(quantile(values, 0.99))}`;
  return `p50 ${whole(quantile(values, 0.5))}${p99} max ${whole(quantile(values, 1))}`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
