import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SCHEDULES, TickwrightError, canRetry, retry } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { readStatus, statusPath } from '@tickwright/store';
import type { CandleQuery, Status } from '@tickwright/store';
import type { Gap } from '@tickwright/market';
import type { CandleFold } from './candle-fold.ts';
import { FileLooks } from './file-looks.ts';
import type { GapTracker } from './gap-tracker.ts';
import { PublishWatch } from './publish-watch.ts';
import type { CandleSource, SourceEvent, SourceHealth } from './source-event.ts';

/** Without a publish it wakes this often, to tell that what is known grows old. */
const WAKE_MS = 500;

export interface FilesSourceOptions {
  readonly dataDir: string;
  /** Asked without tries of its own: trying again is done here, where it is counted and told. */
  readonly query: Pick<CandleQuery, 'latestIn'>;
  readonly fold: CandleFold;
  /** The published gaps as they stand. */
  readonly gaps: () => Promise<readonly Gap[]>;
  readonly tracker: GapTracker;
  /** False while another source tells: then only changes of old candles are looked for, now and then. Default always. */
  readonly isNeeded?: () => boolean;
  /** A status older than this is stale. */
  readonly staleAfterMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

interface Looked {
  readonly events: readonly SourceEvent[];
  readonly failure: string | undefined;
}

/** The published candle files as a candle source. Whatever becomes of the files, it goes on and says how it stands. */
export class FilesSource implements CandleSource {
  readonly health: SourceHealth = {
    state: 'warming',
    reason: 'nothing was read yet',
    origin: 'files',
    publishedMs: undefined,
    reads: 0,
    sweeps: 0,
    retries: 0,
    failures: 0,
    lastReadMs: 0,
    skipped: 0,
  };
  readonly #options: FilesSourceOptions;
  readonly #looks: FileLooks;
  readonly #watch: PublishWatch;
  #gapsIdentity = '';

  constructor(options: FilesSourceOptions) {
    this.#options = options;
    this.#looks = new FileLooks(options);
    this.#watch = new PublishWatch({ path: statusPath(options.dataDir), clock: options.clock });
  }

  async *events(signal: AbortSignal): AsyncGenerator<readonly SourceEvent[]> {
    let mustRead = true;
    while (!signal.aborted) {
      const status = await readStatus(this.#options.dataDir);
      const looked: Looked = mustRead ? await this.#look(status, signal) : { events: [], failure: undefined };
      if (signal.aborted) return;
      // What failed is tried again at the next publish, or when it wakes: slowly, for as long as it takes.
      const events = [...looked.events, ...this.#judged(status, looked.failure)];
      if (events.length > 0) yield events;
      const isNew = await this.#watch.next(WAKE_MS, signal);
      if (isNew) this.#looks.published();
      mustRead = this.#isDue() && (isNew || looked.failure !== undefined);
      mustRead ||= this.#looks.isSweepOwed(this.#options.clock.monotonicMs());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
  }

  async #look(status: Status | undefined, signal: AbortSignal): Promise<Looked> {
    const { clock, log } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      const events = await retry(() => this.#read(status), {
        schedule: SCHEDULES.candleRead,
        clock,
        signal,
        onFailure: ({ retryInMs }) => {
          if (retryInMs !== undefined) this.health.retries += 1;
        },
      });
      this.health.reads += 1;
      this.health.lastReadMs = clock.monotonicMs() - startedMs;
      return { events, failure: undefined };
    } catch (error) {
      if (signal.aborted) return { events: [], failure: undefined };
      if (!(error instanceof TickwrightError) && !canRetry(error)) throw error;
      this.health.failures += 1;
      const failure = error instanceof Error ? error.message : String(error);
      if (this.health.state !== 'stale') log.warn({ error: failure }, 'candles cannot be read; trying on');
      return { events: [], failure };
    }
  }

  async #read(status: Status | undefined): Promise<SourceEvent[]> {
    const { fold, clock } = this.#options;
    const watermarks = watermarksOf(status);
    if (!fold.hasBegun) {
      const views = await this.#looks.first(status, this.#now());
      const begun = fold.begin(views);
      this.health.skipped = fold.skipped;
      this.#gapsIdentity = await this.#gapsNow();
      const open = this.#options.tracker.takeAll(await this.#options.gaps());
      return [...open, ...begun, ...fold.take(new Map(), watermarks)];
    }
    const identity = await this.#gapsNow();
    const haveGapsChanged = identity !== this.#gapsIdentity;
    const gaps = haveGapsChanged ? await this.#options.gaps() : undefined;
    const nowMs = clock.monotonicMs();
    const { views, isSweep } = await this.#looks.next(status, { nowMs, haveGapsChanged });
    this.#gapsIdentity = identity;
    if (isSweep) this.health.sweeps += 1;
    // A gap that opened is told before the candles it may overlap, one that ended after what has filled it.
    const changes = gaps === undefined ? [] : this.#options.tracker.takeAll(gaps);
    const opened = changes.filter(({ change }) => change.kind === 'gap-opened');
    const ended = changes.filter(({ change }) => change.kind === 'gap-closed');
    const news = fold.take(views, watermarks);
    const anew = isSweep && fold.lacksHistory ? await this.#moreHistory(status) : [];
    return [...opened, ...news, ...anew, ...ended];
  }

  /** What an ingestor has fetched from its venue since we began. */
  async #moreHistory(status: Status | undefined): Promise<SourceEvent[]> {
    const { fold, log } = this.#options;
    const views = await this.#looks.first(status, this.#now());
    if (!fold.hasMoreHistory(views)) return [];
    log.info({}, 'there is more history now: strategies warm up anew');
    return fold.beginAnew(views);
  }

  #now(): { micros: number; monotonicMs: number } {
    const { clock } = this.#options;
    return { micros: clock.nowMicros(), monotonicMs: clock.monotonicMs() };
  }

  #isDue(): boolean {
    const { isNeeded, clock } = this.#options;
    return isNeeded === undefined || isNeeded() || this.#looks.isSweepDue(clock.monotonicMs());
  }

  async #gapsNow(): Promise<string> {
    const path = join(this.#options.dataDir, 'gaps.parquet');
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeNs}`;
  }

  /** Tells once when what is known grows old, and once when it is fresh again. */
  #judged(status: Status | undefined, failure: string | undefined): SourceEvent[] {
    const { clock, staleAfterMs, log, isNeeded } = this.#options;
    if (isNeeded?.() === false) return [];
    const publishedMs = status === undefined ? undefined : Date.parse(status.time);
    const ageMs = publishedMs === undefined ? undefined : clock.nowMicros() / 1_000 - publishedMs;
    const reason = failure ?? staleness(ageMs, staleAfterMs);
    const state = reason === undefined ? 'live' : 'stale';
    const hasChanged = state !== this.health.state;
    Object.assign(this.health, { state, reason: reason ?? '', publishedMs });
    if (!hasChanged) return [];
    if (reason === undefined) log.info({}, 'candles are fresh');
    else log.warn({ reason }, 'candles are stale');
    return [{ type: 'freshness', isStale: reason !== undefined, reason: reason ?? '' }];
  }
}

function staleness(ageMs: number | undefined, staleAfterMs: number): string | undefined {
  if (ageMs === undefined) return 'no ingestor has published candles here yet';
  if (ageMs <= staleAfterMs) return undefined;
  return `the ingestor has published nothing for ${Math.round(ageMs / 1_000)} s`;
}

function watermarksOf(status: Status | undefined): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [segment, { watermark }] of Object.entries(status?.segments ?? {})) {
    if (watermark !== null) found[segment] = Date.parse(watermark) * 1_000;
  }
  return found;
}
