import type { Calendars } from '@tickwright/market';
import { Exact } from '../decimal.ts';
import type { EngineConfig, Sizing } from '../contract/engine-config.ts';
import { MANUAL } from '../contract/order.ts';
import { EngineError } from './engine-error.ts';

const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Throws an EngineError that names all that is wrong with a configuration, and where. */
export function checkConfig(config: EngineConfig, calendars: Calendars): void {
  const problems = [
    ...accountProblems(config),
    ...strategyProblems(config),
    ...instrumentProblems(config, calendars),
    ...fillProblems(config),
  ];
  if (problems.length === 0) return;
  throw new EngineError('config', `the engine cannot run with this configuration: ${problems.join('; ')}`);
}

function accountProblems({ account, risk, squareOff, maxSignalAgeMs }: EngineConfig): string[] {
  const limits = [
    risk.maxOrderValue,
    risk.maxOrderQuantity,
    risk.maxPositionValue,
    risk.maxExposure,
    risk.maxDailyLoss,
  ];
  return [
    ...unless(isDecimal(account.cash, 0), `cash "${account.cash}" is not a decimal of zero or more`),
    ...unless(
      isAbove(account.marginRate, 0),
      `marginRate "${account.marginRate}" is not a decimal above zero`,
    ),
    ...unless(
      limits.every((limit) => limit === null || isAbove(limit, 0)),
      'a risk limit is not a decimal above zero',
    ),
    ...unless(
      squareOff === null || TIME_OF_DAY.test(squareOff),
      `squareOff "${squareOff}" is not a time like 15:20`,
    ),
    ...unless(maxSignalAgeMs > 0, `maxSignalAgeMs ${maxSignalAgeMs} is not above zero`),
  ];
}

function strategyProblems({ strategies, instruments }: EngineConfig): string[] {
  const known = new Set(instruments.map((rules) => rules.instrument));
  return [
    ...twice(strategies.map(({ id }) => id)).map((id) => `two strategies have the id "${id}"`),
    ...strategies.flatMap(({ id, instruments, orders }) => [
      ...unless(id !== '' && id !== MANUAL && !id.includes('/'), `"${id}" cannot be a strategy's id`),
      ...unless(isSize(orders.sizing), `the sizing of ${id} is not a decimal above zero`),
      ...instruments.filter((key) => !known.has(key)).map((key) => `${id} names ${key}, which has no rules`),
    ]),
  ];
}

function instrumentProblems(
  { instruments, feeSchedules, account }: EngineConfig,
  calendars: Calendars,
): string[] {
  const schedules = new Set(feeSchedules.map(({ name }) => name));
  return [
    ...calendarProblem(account.calendar, calendars),
    ...twice(instruments.map(({ instrument }) => instrument)).map((key) => `${key} has rules twice`),
    ...instruments.flatMap((rules) => [
      ...calendarProblem(rules.calendar, calendars),
      ...unless(
        isAbove(rules.tickSize, 0),
        `the tick size of ${rules.instrument} is not a decimal above zero`,
      ),
      ...unless(isAbove(rules.lotSize, 0), `the lot of ${rules.instrument} is not a decimal above zero`),
      ...unless(
        schedules.has(rules.fees),
        `${rules.instrument} names fees "${rules.fees}", which are not there`,
      ),
    ]),
  ];
}

function fillProblems({ fills }: EngineConfig): string[] {
  const share = fills.participation;
  return [
    ...unless(
      isDecimal(fills.slippageBps, 0),
      `slippageBps "${fills.slippageBps}" is not a decimal of zero or more`,
    ),
    ...unless(share === null || isAbove(share, 0), `participation "${share}" is not a decimal above zero`),
    ...unless(fills.latencyMs >= 0, `latencyMs ${fills.latencyMs} is below zero`),
  ];
}

function calendarProblem(name: string, calendars: Calendars): string[] {
  try {
    calendars(name);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function isSize(sizing: Sizing): boolean {
  if (sizing.kind === 'quantity') return isAbove(sizing.quantity, 0);
  return isAbove(sizing.kind === 'value' ? sizing.value : sizing.share, 0);
}

function unless(isRight: boolean, problem: string): string[] {
  return isRight ? [] : [problem];
}

function twice(names: readonly string[]): string[] {
  return names.filter((name, at) => names.indexOf(name) !== at);
}

function isDecimal(text: string, least: number): boolean {
  try {
    return new Exact(text).gte(least);
  } catch {
    return false;
  }
}

function isAbove(text: string, least: number): boolean {
  return isDecimal(text, least) && !new Exact(text).eq(least);
}
