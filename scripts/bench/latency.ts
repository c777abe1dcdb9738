import { build } from 'hdr-histogram-js';
import type { Histogram } from 'hdr-histogram-js';
import { loadConfig } from '@tickwright/config';
import { openOffline } from '@tickwright/ingestor';
import type { Core } from '@tickwright/ingestor';
import { calendars, instrumentKey } from '@tickwright/market';
import { loopService, systemClock } from '@tickwright/runtime';
import { catalogue } from '@tickwright/venues';
import type { FrameSink } from '@tickwright/venues';
// The ingestor's own parts and not a likeness of them: what is measured is what runs.
import { JournalSink } from '../../apps/ingestor/src/intake/journal-sink.ts';
import { startBurst } from './burst.ts';
import { quiet } from './candle-files.ts';
import type { BenchOptions, Figure } from './figures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const INSTRUMENTS = 200;
const RATE = 10_000;
const WARM_UP_SECONDS = 5;
const DEFAULT_SECONDS = 30;
const MAX_MICROS = 60_000_000;
/** Replies to subscriptions are shorter than any trade. */
const SHORT_BYTES = 100;

/**
 * Receive to candle: from the moment `ws` hands a message over until its tick stands in its candle, in the ingestor's
 * own core with journal, tick file and publishing at work. Beside it the time since the frame was due at the server,
 * which also holds whatever kept the event loop from reading.
 */
export async function run(options: BenchOptions): Promise<Figure[]> {
  const { seconds = DEFAULT_SECONDS } = options;
  await using folder = await temporaryFolder('latency');
  await using burst = await startBurst({ instruments: INSTRUMENTS, rate: RATE });
  const { config } = await loadConfig({ flags: [`dataDir=${JSON.stringify(folder.path)}`], env: {} });
  await using owned = await openOffline({ config, version: 'bench', clock: systemClock, log: quiet });
  const { core } = owned;
  await core.begin();
  const venue = catalogue.venue('binance');
  const instruments = burst.symbols.map((symbol) => venue.instrument(instrumentKey(`BINANCE|${symbol}`)));
  core.register(instruments);
  const { journal, pipeline } = core;
  const common = { clock: systemClock, log: quiet };
  const sink = new JournalSink({ venue: venue.name, journal, pipeline, ...common });
  const timed = new TimedSink(sink, burst.started());
  const stream = venue.createStream({
    ...common,
    instruments,
    streamKind: 'trade',
    wsUrl: `ws://127.0.0.1:${burst.port}`,
    sink: timed,
    calendars,
    lastTickMicros: (key) => pipeline.deduplicator.lastReceiveMicros(core.instruments.indexOf(key)),
  });
  const ending = new AbortController();
  const running = [
    stream.run(ending.signal),
    ...loops(core, config.ingestor).map((loop) => loop.run(ending.signal)),
  ];
  await systemClock.sleep(WARM_UP_SECONDS * 1000);
  timed.reset();
  await systemClock.sleep(seconds * 1000);
  const figures = timed.figures();
  await burst.pause();
  ending.abort();
  await Promise.all(running);
  return figures;
}

function loops(core: Core, intervals: { flushIntervalMs: number; aggregateIntervalMs: number }) {
  const { flushIntervalMs, aggregateIntervalMs } = intervals;
  const clock = systemClock;
  return [
    loopService({
      name: 'flush',
      clock,
      intervalMs: flushIntervalMs,
      work: (signal) => core.flusher.flush(signal),
    }),
    loopService({
      name: 'publish',
      clock,
      intervalMs: aggregateIntervalMs,
      work: (signal) => core.aggregator.cycle({ signal }),
    }),
  ];
}

/** Passes everything on to the ingestor's sink and looks at the clock before, and again when the turn is folded. */
class TimedSink implements FrameSink {
  readonly #inner: JournalSink;
  readonly #receive = histogram();
  readonly #due = histogram();
  #waiting: number[] = [];
  #frames = 0;
  #startedMicros = Number.NaN;

  constructor(inner: JournalSink, started: Promise<number>) {
    this.#inner = inner;
    void this.#follow(started);
  }

  async #follow(started: Promise<number>): Promise<void> {
    this.#startedMicros = await started;
  }

  message(connection: string, receiveMicros: number, bytes: Buffer): void {
    const nowMicros = hrtimeMicros();
    this.#inner.message(connection, receiveMicros, bytes);
    if (bytes.length <= SHORT_BYTES) return;
    // The sink has its own immediate already: this one runs right behind it, when the turn's frames are folded.
    if (this.#waiting.length === 0) setImmediate(() => this.#folded());
    this.#waiting.push(nowMicros);
  }

  control(...event: Parameters<FrameSink['control']>): void {
    this.#inner.control(...event);
  }

  reset(): void {
    this.#receive.reset();
    this.#due.reset();
  }

  figures(): Figure[] {
    return [
      { name: 'frames measured', value: this.#receive.totalCount, unit: 'frames' },
      ...percentiles('receive to candle', this.#receive, { atMost: 0.1 }),
      ...percentiles('due at the server to candle', this.#due),
    ];
  }

  #folded(): void {
    const nowMicros = hrtimeMicros();
    for (const receivedMicros of this.#waiting) {
      this.#receive.recordValue(bounded(nowMicros - receivedMicros));
      const dueMicros = this.#startedMicros + (this.#frames / RATE) * 1e6;
      this.#frames += 1;
      if (!Number.isNaN(dueMicros)) this.#due.recordValue(bounded(nowMicros - dueMicros));
    }
    this.#waiting = [];
  }
}

function hrtimeMicros(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

function histogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_MICROS,
    numberOfSignificantValueDigits: 3,
  });
}

function bounded(micros: number): number {
  return Math.min(MAX_MICROS, Math.max(0, Math.round(micros)));
}

function percentiles(name: string, of: Histogram, aim?: Figure['aim']): Figure[] {
  const at = (share: number): Figure => ({
    name: `${name}: p${share}`,
    value: of.getValueAtPercentile(share) / 1000,
    unit: 'ms',
  });
  const half = aim === undefined ? at(50) : { ...at(50), aim };
  return [half, at(99), at(99.9), { name: `${name}: longest`, value: of.maxValue / 1000, unit: 'ms' }];
}
