import type { Config } from '@tickwright/config';
import { FeedVersionError } from '@tickwright/feed';
import { calendars, instrumentKey } from '@tickwright/market';
import { loopService } from '@tickwright/runtime';
import type { Clock, Service } from '@tickwright/runtime';
import { readInstruments } from '@tickwright/store';
import { backupService } from '@tickwright/upkeep';
import { conditionService } from './alerts/condition-service.ts';
import { conditionOf } from './alerts/conditions.ts';
import type { Condition } from './alerts/conditions.ts';
import type { SourceEvent } from './candle-source/source-event.ts';
import { dayService } from './day-figures.ts';
import { engineInputs } from './desk/engine-input.ts';
import { rulesOf } from './run-plan.ts';
import type { RunnerParts } from './runner-parts.ts';

const CLOCK_MS = 1_000;
/**
 * How long a page may show OK after the ingestor has died or hangs, however busy it was: until the next look begins 1 s at
 * most, the look 2 s (LOOK_MS), until the pages are told 0.25 s (PACE_MS). That leaves 1.75 s of the 5 s that are promised
 * to two processes that are late. Nothing else may wait in between: not for the ledger, not for another answer.
 */
const LINK_MS = 1_000;
const RULES_MS = 5_000;
const LIMITS_MS = 3_600_000;
/** Not while it warms up. */
const LIMITS_FIRST_MS = 120_000;
/** An ingestor that is being started again is not worth an alert. */
const DOWN_AFTER_MICROS = 5_000_000;

/** What a runner does, in the order of starting. */
export function runnerServices(config: Config, parts: RunnerParts, clock: Clock): Service[] {
  const { backups, webhook } = parts;
  return [
    ...(webhook === undefined ? [] : [webhook.service()]),
    candleService(parts, clock),
    clockService(parts, clock),
    dayService(parts, clock),
    rulesService(config, parts, clock),
    linkService(parts, clock),
    conditionService({
      intervalMs: LINK_MS,
      now: () => conditionsNow(parts, clock),
      ledger: parts.ledger,
      tell: parts.tellAlert,
      clock,
      log: parts.log,
    }),
    loopService({
      name: 'limits',
      clock,
      intervalMs: LIMITS_MS,
      firstAfterMs: LIMITS_FIRST_MS,
      work: () => parts.ledger.holdLimits(),
    }),
    backupService({
      backups,
      clock,
      everyMinutes: config.backups.everyMinutes,
      isSessionOpen: () =>
        parts
          .instruments()
          .some(({ calendar }) => calendars(calendar).sessionAt(clock.nowMicros()) !== undefined),
    }),
  ];
}

/** From the source to the engine and the ledger, one batch after the other. */
function candleService(parts: RunnerParts, clock: Clock): Service {
  const { source, desk, board, beginRun, warmUp, log } = parts;
  return {
    name: 'candles',
    isFinal: (error) => error instanceof FeedVersionError,
    async run(signal) {
      const startedMs = clock.monotonicMs();
      for await (const events of source.events(signal)) {
        board.seen(events, source.health.publishedMs);
        try {
          for (const some of runsOf(events)) {
            if (some[0]?.type === 'restart') await beginRun(signal);
            // Asked after the start: what it wants may be other then.
            await desk.take(
              engineInputs(some, (instrument) => desk.engine.needs(instrument)),
              signal,
            );
          }
        } catch (error) {
          if (signal.aborted) return;
          throw error;
        }
        if (warmUp.isDone) continue;
        const candles = events.reduce((sum, event) => sum + candlesIn(event), 0);
        Object.assign(warmUp, { isDone: true, candles, ms: clock.monotonicMs() - startedMs });
        log.info({ candles, ms: Math.round(warmUp.ms) }, 'strategies have their history');
      }
    },
  };
}

function candlesIn(event: SourceEvent): number {
  if (event.type === 'history') return event.candles.length;
  return event.type === 'candle' ? 1 : 0;
}

/** Cut before each restart. */
function runsOf(events: readonly SourceEvent[]): (readonly SourceEvent[])[] {
  const at = events.findIndex(({ type }, index) => index > 0 && type === 'restart');
  return at < 0 ? [events] : [events.slice(0, at), ...runsOf(events.slice(at))];
}

/**
 * Time passes for the engine, too, when nothing is traded. Not before the candles that closed while the runner was down:
 * by the clock a day order would end that one of them fills.
 */
function clockService({ desk, warmUp }: RunnerParts, clock: Clock): Service {
  return loopService({
    name: 'clock',
    clock,
    intervalMs: CLOCK_MS,
    work: async (signal) => {
      if (!warmUp.isDone) return;
      await desk.take([{ type: 'clock' }], signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    },
  });
}

/** Decimals and calendars that the ingestor describes later than this run has begun. */
function rulesService(config: Config, { desk, config: plan, refresh }: RunnerParts, clock: Clock): Service {
  const told = new Map(plan.instruments.map((rules) => [String(rules.instrument), JSON.stringify(rules)]));
  return loopService({
    name: 'rules',
    clock,
    intervalMs: RULES_MS,
    firstAfterMs: 1_000,
    work: async (signal) => {
      await refresh();
      const described = await readInstruments(config.dataDir);
      for (const key of told.keys()) {
        const rules = rulesOf(instrumentKey(key), config, described);
        const text = JSON.stringify(rules);
        if (told.get(key) === text) continue;
        told.set(key, text);
        await desk.take([{ type: 'rules', rules }], signal);
      }
    },
  });
}

/** Looks at the ingestor, and does nothing else that could hold the next look up. */
function linkService({ link }: RunnerParts, clock: Clock): Service {
  return loopService({
    name: 'ingestor link',
    clock,
    intervalMs: LINK_MS,
    firstAfterMs: 0,
    work: (signal) => link.look(signal),
  });
}

/** What the ingestor and the candles lack; undefined before the ingestor was looked at. */
function conditionsNow({ link, source }: RunnerParts, clock: Clock): Condition[] | undefined {
  if (!link.isKnown) return undefined;
  const { state, reason, reasons, sinceMicros } = link.view;
  const found: Condition[] = [];
  const isLasting = clock.nowMicros() - sinceMicros > DOWN_AFTER_MICROS;
  if (state === 'down' && isLasting)
    found.push({
      key: 'ingestor-down',
      kind: 'ingestor-down',
      severity: 'critical',
      text: `the ingestor is down: ${reason}`,
    });
  if (state === 'up' && isLasting) found.push(...reasons.map(conditionOf));
  if (source.health.state === 'stale') {
    const text = `candles are stale: ${source.health.reason}`;
    found.push({ key: 'candles-stale', kind: 'candles-stale', severity: 'warning', text });
  }
  return found;
}
