import type { Config } from '@tickwright/config';
import { calendars, instrumentKey, splitKey } from '@tickwright/market';
import type { InstrumentKey, InstrumentRow } from '@tickwright/market';
import { decimal, feeSchedules } from '@tickwright/trading';
import type {
  Decimal,
  EngineConfig,
  InstrumentRules,
  OrderPolicy,
  RiskLimits,
  Sizing,
  StrategyConfig,
} from '@tickwright/trading';
import { ParameterError, tryStrategy } from '@tickwright/strategies';
import { TickwrightError, nearest } from '@tickwright/runtime';
import { instrumentRules } from './instrument-rules.ts';
import { PlanError } from './strategies/strategy-errors.ts';
import { isPath } from './strategies/strategy-library.ts';
import type { StrategyLibrary } from './strategies/strategy-library.ts';

type RunnerConfig = Config['runner'];
type StrategySettings = RunnerConfig['strategies'][number];

/** What is run when nothing is configured: a newcomer sees signals within minutes. */
const DEFAULT_STRATEGIES: readonly Pick<StrategySettings, 'use' | 'interval' | 'params'>[] = [
  { use: 'moving_average_cross', interval: '1m', params: { fast: 3, slow: 8 } },
  { use: 'pixityAI_meta', interval: '1m', params: {} },
];

export interface PlanInput {
  readonly config: Config;
  readonly library: StrategyLibrary;
  /** What the ingestor has described so far. */
  readonly described: readonly InstrumentRow[];
}

/** The instruments that the runner is to know. */
export function plannedInstruments(config: Config): InstrumentKey[] {
  const { runner, sources } = config;
  const named = runner.strategies.flatMap((strategy) => strategy.instruments ?? []);
  const all = runner.instruments ?? sources.flatMap((source) => source.instruments);
  return [...new Set([...all, ...named])].map((key) => instrumentKey(key));
}

/** The engine's configuration of a run. Errors: PlanError: an unknown strategy, wrong parameters, unknown fees. */
export function engineConfig(input: PlanInput): EngineConfig {
  const { config, described } = input;
  const { paper, maxSignalAgeMs } = config.runner;
  const instruments = plannedInstruments(config).map((key) => rulesOf(key, config, described));
  const strategies = strategiesOf(input);
  requireMakeable(strategies, { instruments, library: input.library });
  return {
    account: {
      cash: decimal(paper.cash),
      currency: paper.currency,
      calendar: paper.calendar ?? instruments[0]?.calendar ?? 'always',
      marginRate: decimal(paper.marginRate),
    },
    strategies,
    instruments,
    feeSchedules: [...new Set(instruments.map(({ fees }) => fees))].map(scheduleOf),
    fills: {
      on: fillsOn(config),
      interval: '1m',
      slippageBps: decimal(paper.slippageBps),
      participation: paper.participation === undefined ? null : decimal(paper.participation),
      latencyMs: paper.latencyMs,
    },
    risk: riskOf(paper.risk),
    squareOff: paper.squareOff ?? null,
    maxSignalAgeMs,
  };
}

/** Errors: PlanError: candles are to come from a feed that nobody sends. */
function fillsOn({ runner, feed }: Config): EngineConfig['fills']['on'] {
  if (runner.candles === 'files') return 'candles';
  if (feed.kind === 'none')
    throw new PlanError(
      'runner.candles is feed, but feed.kind is none: set feed.kind to zeromq, here and for the ingestor',
    );
  return feed.ticks ? 'ticks' : 'candles';
}

/** Rules of one instrument, of what is known of it now. */
export function rulesOf(
  key: InstrumentKey,
  { runner, sources }: Config,
  described: readonly InstrumentRow[],
): InstrumentRules {
  const { paper } = runner;
  const calendar = sources.find(({ instruments }) => instruments.includes(key))?.calendar;
  return instrumentRules({
    key,
    row: described.find((row) => row.key === key),
    calendar,
    settings: runner.rules[key] ?? {},
    account: { currency: paper.currency, fees: paper.fees },
  });
}

function strategiesOf({ config, library }: PlanInput): StrategyConfig[] {
  const { runner } = config;
  const wanted: readonly Partial<StrategySettings>[] =
    runner.strategies.length > 0 ? runner.strategies : DEFAULT_STRATEGIES;
  const known = plannedInstruments(config);
  const strategies = wanted.map((settings) => strategyOf(settings, { runner, library, known }));
  const ids = strategies.map(({ id }) => id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined)
    throw new PlanError(`two strategies are called "${twice}": give one of them an id`);
  return strategies;
}

function strategyOf(
  settings: Partial<StrategySettings>,
  context: { runner: RunnerConfig; library: StrategyLibrary; known: readonly InstrumentKey[] },
): StrategyConfig {
  const { runner, library, known } = context;
  const definition = library.require(settings.use ?? '');
  const interval = settings.interval ?? definition.interval;
  const parameters = settings.params ?? {};
  const id = settings.id ?? `${definition.name}@${interval}`;
  const checked = definition.parameters.safeParse(parameters);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const place = ['params', ...(issue?.path ?? [])].map(String).join('.');
    throw new PlanError(`strategy "${id}": ${place}: ${issue?.message ?? 'wrong'}`);
  }
  return {
    id,
    use: isPath(settings.use ?? '') ? definition.name : (settings.use ?? ''),
    interval,
    instruments: settings.instruments?.map((key) => instrumentKey(key)) ?? known,
    parameters,
    orders: orderPolicy(runner.paper, settings.orders ?? {}),
    isEnabled: settings.enabled ?? true,
    forming: settings.forming ?? false,
    signalOnIncomplete: settings.signalOnIncomplete ?? false,
    signalOnStale: settings.signalOnStale ?? false,
  };
}

/** What cannot be made, a member that is not there say, is told before a run begins, not by a row that never works. */
function requireMakeable(
  strategies: readonly StrategyConfig[],
  {
    instruments,
    library,
  }: { readonly instruments: readonly InstrumentRules[]; readonly library: StrategyLibrary },
): void {
  const calendarNames = new Map(instruments.map((rules) => [String(rules.instrument), rules.calendar]));
  for (const { id, use, interval, parameters, instruments: own } of strategies) {
    const definition = library.require(use);
    for (const instrument of own) {
      const calendar = calendars(calendarNames.get(instrument) ?? 'always');
      try {
        tryStrategy(definition, parameters, { instrument, interval, calendar, find: library.find });
      } catch (error) {
        if (!(error instanceof ParameterError)) throw error;
        throw new PlanError(`strategy "${id}" on ${instrument}: ${error.message}`, error);
      }
    }
  }
}

function orderPolicy(paper: RunnerConfig['paper'], own: RunnerConfig['paper']['orders']): OrderPolicy {
  return {
    sizing: sizingOf(own.sizing ?? paper.orders.sizing),
    allowShort: own.allowShort ?? paper.orders.allowShort ?? false,
    minConfidence: own.minConfidence ?? paper.orders.minConfidence ?? 0,
  };
}

function sizingOf(sizing: RunnerConfig['paper']['orders']['sizing']): Sizing {
  if (sizing === undefined) return { kind: 'equity', share: decimal('0.05') };
  if ('quantity' in sizing) return { kind: 'quantity', quantity: decimal(sizing.quantity) };
  if ('value' in sizing) return { kind: 'value', value: decimal(sizing.value) };
  return { kind: 'equity', share: decimal(sizing.equity) };
}

function riskOf(risk: RunnerConfig['paper']['risk']): RiskLimits {
  const money = (value: string | undefined): Decimal | null => (value === undefined ? null : decimal(value));
  return {
    maxOrderValue: money(risk.maxOrderValue),
    maxOrderQuantity: money(risk.maxOrderQuantity),
    maxPositionValue: money(risk.maxPositionValue),
    maxExposure: money(risk.maxExposure),
    maxWorkingOrders: risk.maxWorkingOrders,
    maxOrdersPerDay: risk.maxOrdersPerDay ?? null,
    maxDailyLoss: money(risk.maxDailyLoss),
  };
}

function scheduleOf(name: string): (typeof feeSchedules)[number] {
  const found = feeSchedules.find((schedule) => schedule.name === name);
  if (found !== undefined) return found;
  const names = feeSchedules.map((schedule) => schedule.name);
  const near = nearest(name, names);
  throw new PlanError(
    `there is no fee schedule "${name}"; ${near === undefined ? `there are ${names.join(', ')}` : `did you mean "${near}"?`}`,
  );
}

/** What stands before the bar. */
export function segmentOfKey(key: string): string {
  return splitKey(instrumentKey(key)).segment;
}

/** An instrument that nobody takes in is a mistake to point out. Errors: UnknownInstrumentError, exit 1. */
export function requireKnown(config: Config, described: readonly InstrumentRow[]): void {
  // Before the first publication nobody can tell.
  if (described.length === 0) return;
  const known = new Set([
    ...described.map(({ key }) => key),
    ...config.sources.flatMap(({ instruments }) => instruments.map(String)),
  ]);
  const missing = plannedInstruments(config).find((key) => !known.has(key));
  if (missing === undefined) return;
  const near = nearest(missing, known);
  throw new UnknownInstrumentError(
    `"${missing}" is not taken in here; ${near === undefined ? `there are ${[...known].slice(0, 5).join(', ')}` : `did you mean "${near}"?`}`,
  );
}

export class UnknownInstrumentError extends TickwrightError {
  constructor(message: string) {
    super(message, { code: 'instrument-unknown' });
  }
}
