import { calendars } from '@tickwright/market';
import { expect, test } from 'vitest';
import { dataState } from './data-state.ts';
import type { IngestorView } from './ingestor-link.ts';

const up: IngestorView = {
  state: 'up',
  url: 'http://127.0.0.1:1',
  reason: '',
  ready: true,
  reasons: [],
  sinceMicros: 0,
  health: undefined,
};
const micros = (time: string): number => Date.parse(`${time}+05:30`) * 1_000;

function stateAt(time: string, told: { ageMs?: number | null; view?: Partial<IngestorView> } = {}) {
  const { ageMs = 300, view = {} } = told;
  const all = [calendars('nse'), calendars('nse-fo')];
  return dataState({
    view: { ...up, ...view },
    calendars: all,
    nowMicros: micros(time),
    ageMs,
    staleAfterMs: 5_000,
  });
}

test('in an open session ticks must come', () => {
  expect(stateAt('2026-02-02T11:00')).toEqual({ state: 'OK', reason: '' });
  const stale = { state: 'STALE', reason: 'no tick lately in an open session' };
  expect(stateAt('2026-02-02T11:00', { ageMs: 5_001 })).toEqual(stale);
  expect(stateAt('2026-02-02T11:00', { ageMs: null })).toEqual(stale);
});

test('in a closed one none are waited for', () => {
  expect(stateAt('2026-02-02T16:00', { ageMs: null })).toEqual({ state: 'OK', reason: 'closed' });
  expect(stateAt('2026-01-26T11:00', { ageMs: null })).toEqual({ state: 'OK', reason: 'closed' });
});

test('an ingestor that is away, or a venue that is not connected, goes before the session', () => {
  const view = { state: 'down', reason: 'its process has ended' } as const;
  expect(stateAt('2026-02-02T16:00', { view })).toEqual({ state: 'DOWN', reason: 'its process has ended' });
  const reasons = ['frames wait for the disk', 'upstox: not connected'];
  expect(stateAt('2026-02-02T11:00', { view: { reasons } })).toEqual({
    state: 'DOWN',
    reason: 'upstox: not connected',
  });
  const starting = { view: undefined, calendars: [], nowMicros: 0, ageMs: null, staleAfterMs: 5_000 };
  expect(dataState(starting)).toEqual({ state: 'DOWN', reason: 'the runner is starting' });
});

test('a day of which the calendar does not know the hours is not called closed', () => {
  expect(stateAt('2027-01-04T11:00')).toEqual({
    state: 'STALE',
    reason: 'nse knows no sessions after 2026: ticks are kept and make no candles',
  });
  expect(stateAt('2026-11-08T18:30')).toMatchObject({
    state: 'STALE',
    reason: expect.stringContaining('hours are not known'),
  });
});
