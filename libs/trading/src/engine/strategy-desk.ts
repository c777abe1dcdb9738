import type { InstrumentKey, Interval } from '@tickwright/market';
import type { Desk } from '../broker/desk.ts';
import type { Candle } from '../contract/candle.ts';
import type { CandleEvent, DataEvent, HistoryEvent } from '../contract/event.ts';
import type { SuppressionCode, Vote } from '../contract/signal.ts';
import type { StrategyContext, StrategyFinder, StrategyView } from '../contract/strategy.ts';
import { StateTable } from '../state-rows.ts';
import type { StateRows } from '../state-rows.ts';
import { CandleSeries } from './candle-series.ts';
import type { Arrival } from './candle-series.ts';
import { Consumption } from './consumption.ts';
import { DataStates } from './data-states.ts';
import type { OutputDraft } from './output-draft.ts';
import { StrategyInstance } from './strategy-instance.ts';
import { needsOf } from './strategy-needs.ts';
import type { StrategyNeeds } from './strategy-needs.ts';

/** A strategy switched by hand, over restarts: it goes before the configuration. */
interface SwitchRecord {
  readonly isEnabled: boolean;
  readonly reason: string;
}

/** Strategies that see the same candles. */
interface Group {
  readonly series: CandleSeries;
  readonly instances: readonly StrategyInstance[];
}

/** A vote at a live closed candle that was not consumed before. */
export interface Opinion {
  readonly instance: StrategyInstance;
  readonly vote: Vote;
  /** Why it does not count; undefined: it does. */
  readonly suppression: SuppressionCode | undefined;
}

/** All strategies of a run: feeds them candles and tells what they think. */
export class StrategyDesk {
  readonly #desk: Desk;
  readonly #consumption: Consumption;
  readonly #switches: StateTable<SwitchRecord>;
  #groups = new Map<string, Group>();
  readonly #needs = new Map<InstrumentKey, StrategyNeeds>();
  #data = new DataStates();
  #instances: StrategyInstance[] = [];
  /** The last candles of history in this event. */
  readonly #history = new Map<StrategyInstance, Candle>();
  /** Whose status may have changed. */
  readonly #touched = new Set<StrategyInstance>();

  constructor(rows: StateRows, desk: Desk) {
    this.#desk = desk;
    this.#consumption = new Consumption(rows);
    this.#switches = new StateTable(rows, 'switch');
  }

  get instances(): readonly StrategyInstance[] {
    return this.#instances;
  }

  /** The strategies that were at work since the last call. */
  drainTouched(): StrategyInstance[] {
    const touched = [...this.#touched];
    this.#touched.clear();
    return touched;
  }

  /** Makes all strategies of the configuration anew. */
  start(find: StrategyFinder): void {
    this.#data = new DataStates();
    this.#needs.clear();
    this.#instances = this.#desk.rules.config.strategies.flatMap((config) =>
      config.instruments.map((instrument) => {
        const calendar = this.#desk.rules.calendarOf(instrument);
        if (calendar === undefined) throw new Error(`${instrument} has no rules`);
        const context: StrategyContext = { instrument, interval: config.interval, calendar, find };
        const instance = new StrategyInstance(config, context, find(config.use));
        instance.disabledReason = this.#disabledReason(instance);
        return instance;
      }),
    );
    this.#groups = new Map();
    this.#touched.clear();
    for (const instance of this.#instances) {
      this.#join(instance);
      this.#touched.add(instance);
    }
  }

  /** openMicros of the last closed candle that any strategy consumed. */
  consumedUpTo(instrument: InstrumentKey, interval: Interval): number | null {
    const group = this.#groups.get(groupKey(instrument, interval));
    const opened = (group?.instances ?? []).flatMap((instance) => this.#consumption.upTo(instance) ?? []);
    return opened.length === 0 ? null : Math.max(...opened);
  }

  /** Asked at every candle and tick, and the same for a whole run. */
  needs(instrument: InstrumentKey): StrategyNeeds {
    const { interval } = this.#desk.rules.config.fills;
    const known = this.#needs.get(instrument) ?? needsOf(this.#instances, { instrument, interval });
    this.#needs.set(instrument, known);
    return known;
  }

  /** Feeds a candle to the strategies that see it. Returns their opinions where an opinion can matter. */
  take(draft: OutputDraft, event: CandleEvent): Opinion[] {
    const group = this.#groups.get(groupKey(event.instrument, event.interval));
    if (group === undefined) return [];
    return this.#arrived(draft, event, { group, arrival: group.series.add(event.candle) });
  }

  /**
   * Feeds history, to each strategy as many of its candles as that remembers: of more it would know no more, and a warm-up is
   * hundreds of thousands of candles.
   */
  takeHistory(draft: OutputDraft, { candles, ...source }: HistoryEvent): void {
    const group = this.#groups.get(groupKey(source.instrument, source.interval));
    if (group === undefined) return;
    const news: Candle[] = [];
    let isRevised = false;
    for (const candle of candles) {
      const arrival = group.series.add(candle);
      if (arrival === 'new') news.push(candle);
      if (arrival !== 'revision') continue;
      isRevised = true;
      for (const instance of group.instances) this.#consumption.note(draft, instance, candle);
    }
    const last = news.at(-1);
    for (const instance of group.instances) {
      this.#touched.add(instance);
      if (last !== undefined) this.#history.set(instance, last);
      // One that knows more than it remembers would go on behind a hole.
      const isBehind = !instance.isFresh && news.length >= instance.memory;
      if (!instance.isStopped && (isRevised || (isBehind && last !== undefined)))
        this.rebuild(instance, source);
      else this.#remember(instance, news, source);
    }
  }

  #arrived(draft: OutputDraft, event: CandleEvent, to: { group: Group; arrival: Arrival }): Opinion[] {
    const { group, arrival } = to;
    switch (arrival) {
      case 'known':
        return [];
      case 'forming':
        for (const instance of group.instances)
          if (instance.config.forming) this.#feed(instance, event, false);
        return [];
      case 'revision':
        for (const instance of group.instances) {
          if (!instance.isStopped) this.rebuild(instance, event);
          this.#consumption.note(draft, instance, event.candle);
        }
        return [];
      case 'new':
        return group.instances.flatMap((instance) => this.#close(draft, instance, event));
    }
  }

  /** Makes a strategy anew and feeds it the candles that are kept. */
  rebuild(instance: StrategyInstance, at: { readonly timeMicros: number }): void {
    instance.make();
    this.#touched.add(instance);
    const { instrument, interval } = instance.context;
    const group = this.#groups.get(groupKey(instrument, interval));
    this.#remember(instance, group?.series.candles ?? [], at);
  }

  /** Feeds the last of some candles as history. Nothing but the candle changes from one to the next: the view is made once. */
  #remember(
    instance: StrategyInstance,
    candles: readonly Candle[],
    { timeMicros }: { readonly timeMicros: number },
  ): void {
    const { instrument } = instance.context;
    const view = this.#view(instance, { phase: 'history', instrument, timeMicros }, false);
    instance.remember(candles.slice(Math.max(0, candles.length - instance.memory)), view);
  }

  tell(event: DataEvent): void {
    this.#data.change(event.instrument, event.change);
    for (const instance of this.#instances) {
      const { instrument } = instance.context;
      if (event.instrument !== null && event.instrument !== instrument) continue;
      instance.tell(event.change, this.#data.of(instrument));
      this.#touched.add(instance);
    }
  }

  /** Notes the last candles of history as consumed: once an event, however many it held. */
  noteHistory(draft: OutputDraft): void {
    for (const [instance, candle] of this.#history) this.#consumption.note(draft, instance, candle);
    this.#history.clear();
  }

  /** Switches a strategy by hand. Returns those it is at work as. */
  switch(id: string, to: SwitchRecord): StrategyInstance[] {
    const own = this.#instances.filter(({ config }) => config.id === id);
    if (own.length > 0) this.#switches.put(id, to);
    for (const instance of own) {
      instance.disabledReason = this.#disabledReason(instance);
      this.#touched.add(instance);
    }
    return own;
  }

  #join(instance: StrategyInstance): void {
    const key = groupKey(instance.context.instrument, instance.context.interval);
    const instances = [...(this.#groups.get(key)?.instances ?? []), instance];
    const capacity = Math.max(...instances.map(({ memory }) => memory));
    this.#groups.set(key, { instances, series: new CandleSeries(capacity) });
  }

  #close(draft: OutputDraft, instance: StrategyInstance, event: CandleEvent): Opinion[] {
    if (event.phase === 'history') {
      this.#history.set(instance, event.candle);
      this.#feed(instance, event, false);
      return [];
    }
    const isFirst = this.#consumption.note(draft, instance, event.candle);
    const suppression = this.#suppression(instance, event);
    const matters = isFirst && event.phase === 'live';
    const isWarm = instance.willCount(event.phase);
    const vote = this.#feed(instance, event, matters && isWarm && suppression === undefined);
    if (vote === undefined || !matters) return [];
    return [{ instance, vote, suppression: suppression ?? (instance.isWarm ? undefined : 'warming') }];
  }

  #feed(instance: StrategyInstance, event: CandleEvent, counts: boolean): Vote | undefined {
    this.#touched.add(instance);
    return instance.feed(event.candle, this.#view(instance, event, counts));
  }

  #suppression(instance: StrategyInstance, event: CandleEvent): SuppressionCode | undefined {
    const { config } = instance;
    const data = this.#data.of(event.instrument);
    const ageMs = (event.timeMicros - event.candle.closeMicros) / 1000;
    if (instance.disabledReason !== null) return 'disabled';
    if (ageMs > this.#desk.rules.config.maxSignalAgeMs) return 'late';
    if (data.isStale && !config.signalOnStale) return 'stale';
    if (data.openGaps > 0 && !config.signalOnStale) return 'gap';
    if (!event.candle.isComplete && !config.signalOnIncomplete) return 'incomplete';
    return undefined;
  }

  #view(
    instance: StrategyInstance,
    event: Pick<CandleEvent, 'phase' | 'instrument' | 'timeMicros'>,
    counts: boolean,
  ): StrategyView {
    return {
      timeMicros: event.timeMicros,
      phase: event.phase,
      counts,
      data: this.#data.of(event.instrument),
      position: this.#desk.book.quantityText(instance.config.id, event.instrument),
    };
  }

  #disabledReason({ config }: StrategyInstance): string | null {
    const byHand = this.#switches.get(config.id);
    if (byHand !== undefined) return byHand.isEnabled ? null : byHand.reason;
    return config.isEnabled ? null : 'disabled in the configuration';
  }
}

function groupKey(instrument: InstrumentKey, interval: Interval): string {
  return `${interval}/${instrument}`;
}
