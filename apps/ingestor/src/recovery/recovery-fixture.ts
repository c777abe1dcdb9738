// What recovery's tests share: a core over real files, the job queue in its state file, and a venue whose history is a
// script that can be told to fail. Not exported by the package.
import type { ControlEvent, Gap } from '@tickwright/market';
import type { RunTree } from '@tickwright/jobs';
import type {
  CandlesRequest,
  History,
  HistoryCounts,
  TradePage,
  TradesRequest,
  VenueCandle,
} from '@tickwright/venues';
import { MINUTE, START, Rig, answerOf, quietLog, trades, turn } from '../core-fixture.ts';
import type { RigOptions, Trade } from '../core-fixture.ts';
import { Jobs } from '../jobs/jobs.ts';
import { Recovery } from './recovery.ts';
import { RecoveryMeter } from './recovery-meter.ts';

export const KEY = 'BINANCE|BTCUSDT';
const STEP_MS = 250;
const ROWS_MAX = 1_000;

/** A venue's past. Trades are told by id, oldest first, as Binance does; candles of whole minutes. */
export class ScriptedHistory implements History {
  readonly counts: HistoryCounts = { requests: 0, failures: 0, rateLimited: 0, rows: 0, usedWeight: 0 };
  /** The first ids of the pages that were asked for. */
  readonly asked: number[] = [];
  readonly candlesAsked: { key: string; fromMicros: number; toMicros: number }[] = [];
  hasTrades = true;
  /** What the venue knows by now. */
  script: readonly Trade[] = [];
  candleScript: readonly VenueCandle[] = [];
  /** Open times of the candles that were told. */
  readonly toldMinutes = new Set<number>();
  /** What becomes of the next request: thrown where it is an error, told in place of the page where it is trades. */
  next: (Error | readonly Trade[] | undefined)[] = [];
  answer: (bytes: Buffer) => void = () => undefined;

  async trades({ fromId = 0, limit = ROWS_MAX, signal }: TradesRequest): Promise<TradePage> {
    this.counts.requests += 1;
    this.asked.push(fromId);
    await turn();
    signal?.throwIfAborted();
    const fault = this.next.shift();
    if (fault instanceof Error) throw fault;
    const rows = fault ?? this.script.filter(({ id }) => id >= fromId).slice(0, limit);
    this.answer(answerOf('BTCUSDT', rows));
    const ids = rows.map(({ id }) => id);
    return {
      rows: rows.length,
      firstId: ids.length === 0 ? -1 : Math.min(...ids),
      lastId: ids.length === 0 ? -1 : Math.max(...ids),
      lastTimeMicros: Math.max(0, ...rows.map(({ timeMicros }) => timeMicros)),
    };
  }

  async candles(span: CandlesRequest): Promise<VenueCandle[]> {
    const { fromMicros, toMicros } = span;
    this.candlesAsked.push({ key: span.instrument.key, fromMicros, toMicros });
    await turn();
    const fault = this.next.shift();
    if (fault instanceof Error) throw fault;
    if (fault !== undefined) return [];
    const told = this.candleScript.filter(
      ({ openTimeMicros: open }) => open >= fromMicros && open < toMicros,
    );
    for (const { openTimeMicros } of told) this.toldMinutes.add(openTimeMicros);
    return told;
  }

  async fillTrades(): Promise<never> {
    throw new Error('recovery pages by itself');
  }

  async instrumentDetails(): Promise<never> {
    throw new Error('nobody asks');
  }
}

/** Closed candles of so many minutes. */
export function candlesFrom(fromMicros: number, minutes: number): VenueCandle[] {
  return Array.from({ length: minutes }, (_, at) => ({
    openTimeMicros: fromMicros + at * MINUTE,
    closeTimeMicros: fromMicros + (at + 1) * MINUTE,
    open: 100,
    high: 101,
    low: 99,
    close: 100.5,
    volumeText: '1',
    volume: 1,
    tradeCount: 3,
    isClosed: true,
  }));
}

interface MinuteSpan {
  readonly fromMicros: number;
  readonly toMicros: number;
}

export class RecoveryRig implements AsyncDisposable {
  readonly rig: Rig;
  readonly jobs: Jobs;
  readonly history: ScriptedHistory;
  readonly recovery: Recovery;
  isPaused = false;
  /** Minutes that are not stored though they were told. */
  uncovered = 0;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;

  private constructor(parts: {
    rig: Rig;
    jobs: Jobs;
    history: ScriptedHistory;
    warmUpHours: number;
    hasHistory: boolean;
  }) {
    this.rig = parts.rig;
    this.jobs = parts.jobs;
    this.history = parts.history;
    const { core, clock, sink } = parts.rig;
    const { history } = this;
    history.answer = (bytes) => sink.answer('history', clock.nowMicros(), bytes);
    const venue = {
      venue: 'binance',
      history,
      get hasTrades() {
        return history.hasTrades;
      },
      refused: () => sink.counts.refused,
    };
    const context = {
      core,
      histories: { of: () => (parts.hasHistory ? venue : undefined), list: () => [venue] },
      minutes: { uncovered: async (_key: string, span: MinuteSpan) => this.#uncovered(span) },
      meter: new RecoveryMeter(clock, { pageRows: ROWS_MAX }),
      clock,
      log: quietLog,
      isPaused: () => this.isPaused,
    };
    const { warmUpHours } = parts;
    this.recovery = new Recovery({ context, jobs: parts.jobs, settleMs: 2_000, warmUpHours });
    const services = [...parts.jobs.services(), this.recovery.service()];
    this.#running = Promise.all(services.map((service) => service.run(this.#stop.signal)));
  }

  static async open(
    options: {
      rig?: Rig;
      history?: ScriptedHistory;
      warmUpHours?: number;
      hasHistory?: boolean;
    } & RigOptions = {},
  ): Promise<RecoveryRig> {
    const { history = new ScriptedHistory(), warmUpHours = 0, hasHistory = true } = options;
    const rig = options.rig ?? (await Rig.open(options));
    const { core, clock } = rig;
    const jobs = await Jobs.open({ database: core.stateDatabase, clock, log: quietLog });
    return new RecoveryRig({ rig, jobs, history, warmUpHours, hasHistory });
  }

  control(event: ControlEvent): void {
    this.rig.control(event);
  }

  /** Trades of the script by their ids, received now. */
  async live(...ids: number[]): Promise<void> {
    await this.rig.take(this.history.script.filter(({ id }) => ids.includes(id)));
  }

  gaps(): Partial<Gap>[] {
    return this.rig.core.pipeline.gaps.list().map(({ cause, state, fromId, toId }) => ({
      cause,
      state,
      fromId,
      toId,
    }));
  }

  reasons(): (string | undefined)[] {
    return this.rig.core.pipeline.gaps.list().map(({ reason }) => reason);
  }

  runs(): RunTree[] {
    const { view } = this.jobs.queue;
    return view.runs().map(({ id }) => view.hierarchy(id));
  }

  /** Lets time pass, databases and jobs getting their turns, until it is so. */
  async until(isSo: () => boolean, limitMs = 60_000): Promise<void> {
    for (let passed = 0; passed < limitMs; passed += STEP_MS) {
      if (isSo()) return;
      await this.pass(STEP_MS);
    }
    throw new Error(`it never was so: ${isSo.toString()}\n${JSON.stringify(this.gaps())}`);
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      await this.rig.clock.advance(Math.min(STEP_MS, ms - passed));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  }

  async isIdle(): Promise<void> {
    await this.until(() => this.recovery.report().state === 'idle' && this.runs().length > 0);
  }

  /** Ends the services; the core stays open. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('over'));
    const state = { isOver: false };
    const ended = this.#running.finally(() => {
      state.isOver = true;
    });
    ended.catch(() => undefined);
    while (!state.isOver) await this.pass(STEP_MS);
  }

  #uncovered({ fromMicros, toMicros }: MinuteSpan): number {
    let missing = this.uncovered;
    for (let minute = fromMicros; minute < toMicros; minute += MINUTE)
      if (!this.history.toldMinutes.has(minute)) missing += 1;
    return missing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.rig[Symbol.asyncDispose]();
  }
}

/** Trades from START on, ids from 1; one a second unless told. */
export function script(count: number, everyMicros = 1_000_000): Trade[] {
  return trades(1, count).map((trade) => ({ ...trade, timeMicros: START + (trade.id - 1) * everyMicros }));
}
