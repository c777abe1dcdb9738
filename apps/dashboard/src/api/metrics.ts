import { getText } from './rest.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Figures by name, as Prometheus reads them. */
export type Metrics = ReadonlyMap<string, readonly Sample[]>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads the Prometheus text format; comments and what it does not know are passed over. */
export function parseMetrics(text: string): Metrics {
  const metrics = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, name = '', labelText = '', value = ''] = match;
    const labels = Object.fromEntries(
      [...labelText.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text]),
    );
    const samples = metrics.get(name) ?? [];
    samples.push({ labels, value: Number(value) });
    metrics.set(name, samples);
  }
  return metrics;
}

/** The sum over all labels; undefined when there is no such metric. */
export function total(metrics: Metrics, name: string): number | undefined {
  return metrics.get(name)?.reduce((sum, { value }) => sum + value, 0);
}

export async function ingestorMetrics(): Promise<Metrics> {
  return parseMetrics(await getText('/api/v1/ingestor-metrics'));
}

export async function runnerMetrics(): Promise<Metrics> {
  return parseMetrics(await getText('/metrics'));
}
