import type { InstrumentKey, Interval } from '@tickwright/market';
import { AccountControl } from '../broker/account-control.ts';
import { passClock, watchLoss } from '../broker/day-ends.ts';
import { Desk } from '../broker/desk.ts';
import { takeMarketCandle, takeTick } from '../broker/market-data.ts';
import { VenueRules } from '../broker/venue-rules.ts';
import type { Account } from '../contract/account.ts';
import type { Engine, EngineOptions, Needs, OrderExplanation } from '../contract/engine.ts';
import type { CandleEvent, EngineEvent, HistoryEvent, StartEvent } from '../contract/event.ts';
import type { Order } from '../contract/order.ts';
import type { EngineOutput, EngineState } from '../contract/output.ts';
import type { MarkedPosition } from '../contract/position.ts';
import type { StrategyState } from '../contract/strategy.ts';
import { decimal } from '../decimal.ts';
import { StateRows } from '../state-rows.ts';
import { cancelSignalOrders, obey } from './commands.ts';
import { checkConfig } from './config-check.ts';
import { EngineError } from './engine-error.ts';
import { OutputDraft } from './output-draft.ts';
import { Progression } from './progression.ts';
import { followSignal } from './signal-orders.ts';
import { StrategyDesk } from './strategy-desk.ts';
import type { Opinion } from './strategy-desk.ts';
import type { StrategyInstance } from './strategy-instance.ts';

/** Makes an engine, new or as the ledger's state left it. It has to be fed a start event first. */
export function createEngine(options: EngineOptions): Engine {
  return new TradingEngine(options);
}

class TradingEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #rows: StateRows;
  readonly #progress: Progression;
  readonly #desk: Desk;
  readonly #control: AccountControl;
  readonly #strategies: StrategyDesk;
  readonly #statuses = new Map<StrategyInstance, string>();
  #isStarted = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#rows = new StateRows(options.state);
    this.#progress = new Progression(this.#rows);
    this.#desk = new Desk(this.#rows, this.#progress);
    this.#control = new AccountControl(this.#rows, this.#desk);
    this.#strategies = new StrategyDesk(this.#rows, this.#desk);
  }

  get lastSeq(): number {
    return this.#progress.lastSeq;
  }

  process(event: EngineEvent): EngineOutput {
    this.#admit(event);
    const draft = new OutputDraft(event);
    this.#progress.advance(event);
    if (event.type === 'start') this.#start(draft, event);
    this.#control.turnDay(draft);
    const decidedMicros = this.#decidedMicros(event);
    this.#dispatch(draft, event, decidedMicros);
    this.#strategies.noteHistory(draft);
    watchLoss(this.#desk, this.#control, draft, decidedMicros);
    this.#reportStrategies(draft);
    const equity = this.#control.equityPoint(draft);
    const account = draft.accountChanged ? this.#control.account() : null;
    return draft.finish({ account, equity, state: this.#rows.drain() });
  }

  state(): EngineState {
    return this.#rows.all();
  }

  needs(instrument: InstrumentKey): Needs {
    const { on } = this.#desk.rules.config.fills;
    return {
      ticks: on === 'ticks' && this.#desk.working.has(instrument),
      ...this.#strategies.needs(instrument),
    };
  }

  consumedUpTo(instrument: InstrumentKey, interval: Interval): number | null {
    const byStrategies = this.#strategies.consumedUpTo(instrument, interval) ?? -1;
    const isFilling = interval === this.#desk.rules.config.fills.interval;
    const byFills = isFilling ? this.#desk.markets.get(instrument).filledUpToMicros : -1;
    const newest = Math.max(byStrategies, byFills);
    return newest < 0 ? null : newest;
  }

  account(): Account {
    return this.#control.account();
  }

  positions(): readonly MarkedPosition[] {
    return this.#desk.book.positions();
  }

  workingOrders(): readonly Order[] {
    return this.#desk.working.all().map(({ order }) => order);
  }

  strategies(): readonly StrategyState[] {
    return this.#strategies.instances.map((instance) => instance.state());
  }

  explain(orderId: string): OrderExplanation | undefined {
    return this.#desk.explain(orderId);
  }

  #admit(event: EngineEvent): void {
    const { lastSeq, lastMicros } = this.#progress;
    if (event.seq !== lastSeq + 1)
      throw new EngineError('sequence', `event ${event.seq} came after event ${lastSeq}`);
    if (event.timeMicros < lastMicros)
      throw new EngineError(
        'time',
        `event ${event.seq} is of ${event.timeMicros}, before the last one's ${lastMicros}`,
      );
    if (event.type === 'start') checkConfig(event.config, this.#options.calendars);
    else if (!this.#isStarted)
      throw new EngineError(
        'not-started',
        `event ${event.seq} is a ${event.type}: a run begins with a start`,
      );
  }

  /** The market's time in which what the event makes us do is decided. */
  #decidedMicros(event: EngineEvent): number {
    const isByCandle = this.#desk.rules.config.fills.on === 'candles' && event.type === 'candle';
    return isByCandle && event.candle.state !== 'forming' && event.phase !== 'history'
      ? event.candle.closeMicros
      : event.timeMicros;
  }

  #dispatch(draft: OutputDraft, event: EngineEvent, decidedMicros: number): void {
    switch (event.type) {
      case 'start':
        return;
      case 'candle':
        return this.#candle(draft, event, decidedMicros);
      case 'history':
        return this.#history(draft, event);
      case 'tick':
        return takeTick(this.#desk, this.#control, draft, event);
      case 'data':
        return this.#strategies.tell(event);
      case 'clock':
        return passClock(this.#desk, this.#control, draft);
      case 'rules':
        return this.#desk.rules.change(event.rules);
      case 'command': {
        const parts = { rows: this.#rows, desk: this.#desk, control: this.#control };
        return obey({ ...parts, strategies: this.#strategies }, draft, event);
      }
    }
  }

  #start(draft: OutputDraft, event: StartEvent): void {
    const { config } = event;
    this.#isStarted = true;
    this.#progress.startRun(event.runId);
    this.#control.forgetCalendar();
    this.#desk.useRules(new VenueRules(config, this.#options.calendars));
    this.#desk.book.open(decimal(config.account.cash), config.account.currency);
    this.#statuses.clear();
    this.#strategies.start(this.#options.strategies);
    draft.accountChanged = true;
  }

  #history(draft: OutputDraft, event: HistoryEvent): void {
    const { candles, ...source } = event;
    const candle = candles.at(-1);
    if (candle === undefined) return;
    const last = { ...source, type: 'candle', phase: 'history', candle } as const;
    takeMarketCandle(this.#desk, this.#control, draft, last);
    this.#strategies.takeHistory(draft, event);
  }

  #candle(draft: OutputDraft, event: CandleEvent, decidedMicros: number): void {
    if (event.candle.state !== 'forming') takeMarketCandle(this.#desk, this.#control, draft, event);
    for (const opinion of this.#strategies.take(draft, event))
      this.#judge(draft, event, { ...opinion, decidedMicros });
  }

  #judge(
    draft: OutputDraft,
    event: CandleEvent,
    opinion: Opinion & { readonly decidedMicros: number },
  ): void {
    const { instance, vote, suppression } = opinion;
    const { instrument, interval, candle } = event;
    const source = { seq: event.seq, strategy: instance.config.id, instrument, interval };
    const times = { candleOpenMicros: candle.openMicros, timeMicros: event.timeMicros };
    if (suppression !== undefined) {
      draft.suppressed.push({ ...vote, ...source, ...times, code: suppression });
      return;
    }
    const id = this.#progress.nextId('signal');
    instance.lastSignalId = id;
    const consequence = followSignal(this.#desk, this.#control, draft, {
      config: instance.config,
      instrument,
      signalId: id,
      vote,
      price: candle.close,
      decidedMicros: opinion.decidedMicros,
    });
    draft.signals.push({
      ...vote,
      id,
      ...source,
      ...times,
      candleCloseMicros: candle.closeMicros,
      candleVersion: candle.version,
      price: decimal(candle.close),
      ...consequence,
    });
  }

  /** Tells of strategies whose status changed, and takes back the orders of those that stopped. */
  #reportStrategies(draft: OutputDraft): void {
    for (const instance of this.#strategies.drainTouched()) {
      const state = instance.state();
      if (this.#statuses.get(instance) === state.status) continue;
      this.#statuses.set(instance, state.status);
      draft.addStrategy(state);
      if (state.status !== 'stopped') continue;
      const { strategy, instrument, reason } = state;
      const text = `${strategy} on ${instrument} is stopped: ${reason}`;
      draft.addNotice({ code: 'strategy-stopped', text, instrument, strategy });
      cancelSignalOrders(this.#desk, draft, { strategy, instrument, reason: text });
    }
  }
}
