import type { BenchOptions, Figure } from './figures.ts';

interface Part {
  readonly about: string;
  /** Each part is loaded only where it runs. */
  readonly run: (options: BenchOptions) => Promise<Figure[]>;
}

/** Every benchmark by its name, in the order they run in. */
export const PARTS: Readonly<Record<string, Part>> = {
  throughput: {
    about: 'the whole way at full load beside ws and tardis-dev',
    run: async (options) => (await import('./throughput.ts')).run(options),
  },
  latency: {
    about: 'receive to candle at 10,000 ticks/s, everything on',
    run: async (options) => (await import('./latency.ts')).run(options),
  },
  feed: {
    about: 'receive to a subscriber of the feed in another process, and ticks a second through it',
    run: async (options) => (await import('./feed.ts')).run(options),
  },
  strategies: {
    about: '200 instruments, 4 strategies, 3 intervals in one runner: warm-up, processor, memory',
    run: async (options) => (await import('./strategies.ts')).run(options),
  },
  signals: {
    about: "a candle's closing to its signal stored, from files and from the feed",
    run: async (options) => (await import('./signals.ts')).run(options),
  },
  readers: {
    about: 'five readers beside a publishing ingestor, and beside it one DuckDB file opened in turn',
    run: async (options) => (await import('./readers.ts')).run(options),
  },
  query: {
    about: 'publishing an hour and querying a day of candles, 200 and 2,000 instruments',
    run: async () => (await import('./candle-files.ts')).run(),
  },
  publish: {
    about: 'publishing 2,000 instruments through an hour: time, bytes a day',
    run: async (options) => (await import('./publish.ts')).run(options),
  },
  replay: {
    about: 'replaying a recording and a journal; starting with a full day on disk',
    run: async (options) => (await import('./replay.ts')).run(options),
  },
  dashboard: {
    about:
      'the scanner in a browser, 200 and 2,000 instruments: first rows, a key, its heap over ten minutes',
    run: async (options) => (await import('./dashboard.ts')).run(options),
  },
  memory: {
    about: 'memory and handles of an ingestor over ten minutes at 2,000 ticks/s',
    run: async (options) => (await import('./memory.ts')).run(options),
  },
  instruments: {
    about: '2,000 and more instruments over several connections: subscribed, live, whole after an outage',
    run: async (options) => (await import('./instruments.ts')).run(options),
  },
  decode: {
    about: 'Binance frames to ticks, one thread',
    run: async () => {
      const { median, min, max, jsonParse } = (await import('./decode.ts')).run();
      return [
        { name: 'scanner', value: median, min, max, unit: 'frames/s' },
        { name: 'JSON.parse of the same frames', value: jsonParse, unit: 'frames/s' },
      ];
    },
  },
  'upstox-decode': {
    about: 'Upstox frames to ticks beside protobufjs, one thread',
    run: async (options) => (await import('./upstox-decode.ts')).run(options),
  },
  deduplicate: {
    about: 'contiguous trade ids, one thread',
    run: async () => [one('contiguous ids', (await import('./deduplicate.ts')).run(), 'ticks/s')],
  },
  candles: {
    about: 'the candle builder, one thread',
    run: async () => [one('folded into 1m candles', (await import('./candles.ts')).run(), 'ticks/s')],
  },
  journal: {
    about: 'the journal alone, on the disk of the temporary folder',
    run: async () => {
      const rates = await (await import('./journal.ts')).run();
      return Object.entries(rates).map(([name, million]) => one(name, million * 1e6, 'frames/s'));
    },
  },
  'tick-file': {
    about: 'the tick file alone: flush, load, seal',
    run: async () => {
      const figures = await (await import('./tick-file.ts')).run();
      return Object.entries(figures).map(([name, value]) =>
        one(name, value, name.endsWith('Ms') ? 'ms' : 'ticks/s'),
      );
    },
  },
  simulator: {
    about: 'trades made, encoded and sent by the simulator',
    run: async () => [one('trades sent', await (await import('./simulator.ts')).run(), 'trades/s')],
  },
};

function one(name: string, value: number, unit: string): Figure {
  return { name, value, unit };
}
