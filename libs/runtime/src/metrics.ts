import * as prom from 'prom-client';

export type Labels = Readonly<Record<string, string | number>>;

export interface Counter {
  /** Adds `value` (default 1), which is not negative. */
  add(value?: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

export interface MetricOptions {
  /** Without the prefix; snake case, unit last: `flush_seconds`, `frames_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** The metrics of one process. */
export interface Metrics {
  counter(options: MetricOptions): Counter;
  /** With `collect` the gauge is set when the metrics are read, not when the value changes. */
  gauge(options: MetricOptions & { collect?: (gauge: Gauge) => void }): Gauge;
  /** `buckets` are upper bounds, rising. */
  histogram(options: MetricOptions & { buckets: readonly number[] }): Histogram;
  /** All of them in the Prometheus text format. */
  text(): Promise<string>;
  /** The content type of `text`. */
  readonly contentType: string;
}

/**
 * A registry of its own with the process's default metrics (CPU, memory, event-loop lag, garbage collection; their
 * names are Prometheus's and carry no prefix). Registering one name twice throws.
 */
export function createMetrics(options: { prefix?: string } = {}): Metrics {
  const { prefix = 'tickwright_' } = options;
  const registry = new prom.Registry();
  prom.collectDefaultMetrics({ register: registry });

  function common({ name, help, labels = [] }: MetricOptions) {
    return { name: prefix + name, help, labelNames: [...labels], registers: [registry] };
  }

  return {
    counter(metric) {
      const counter = new prom.Counter(common(metric));
      return {
        add: (value = 1, labels = {}) => {
          counter.inc(labels, value);
        },
      };
    },
    gauge({ collect, ...metric }) {
      const gauge = new prom.Gauge({
        ...common(metric),
        ...(collect === undefined ? {} : { collect: () => collect(settable) }),
      });
      const settable: Gauge = {
        set: (value, labels = {}) => {
          gauge.set(labels, value);
        },
      };
      return settable;
    },
    histogram({ buckets, ...metric }) {
      const histogram = new prom.Histogram({ ...common(metric), buckets: [...buckets] });
      return {
        observe: (value, labels = {}) => {
          histogram.observe(labels, value);
        },
      };
    },
    text: async () => await registry.metrics(),
    contentType: registry.contentType,
  };
}
