import { calendars } from '@tickwright/market';
import { expect, test } from 'vitest';
import { marketState } from './market-state.ts';

const ist = (date: string, time: string): number => Date.parse(`${date}T${time}+05:30`);
const stateAt = (date: string, time: string) =>
  marketState(calendars('nse'), ist(date, time), 'Asia/Kolkata');

test('an open market tells when it closes, a closed one when it opens', () => {
  expect(stateAt('2026-02-02', '13:30')).toMatchObject({
    state: 'open',
    text: 'NSE open · closes 15:30 in 2h 00m',
  });
  expect(stateAt('2026-02-02', '16:00')).toMatchObject({ state: 'closed' });
  expect(stateAt('2026-02-02', '08:45').text).toBe('NSE closed · opens 09:15');
  expect(marketState(calendars('always'), ist('2027-05-05', '12:00'), 'UTC').text).toBe('Open 24/7');
});

test('a market of which nobody knows the hours is not called closed', () => {
  for (const [date, reason] of [
    [
      '2027-01-04',
      /nse knows no sessions after 2026.*; list the closures of 2027 under calendars\.nse\.years/,
    ],
    ['2026-11-08', /2026-11-08 \(Muhurat\) has a session whose hours are not known/],
  ] as const) {
    const told = stateAt(date, '11:00');
    expect(told).toMatchObject({ state: 'unknown', text: 'NSE hours not known' });
    expect(told.detail).toMatch(reason);
  }
});

test('after the last session that is known the end of the calendar is told', () => {
  expect(stateAt('2026-12-31', '20:00')).toMatchObject({
    state: 'unknown',
    text: 'NSE closed · calendar ends',
    detail: expect.stringMatching(/^nse ends with 2026, in 0 days: .*; list the closures of 2027 .*\.$/),
  });
});
