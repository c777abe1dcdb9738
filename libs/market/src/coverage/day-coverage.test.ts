import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CalendarYearError } from '../session/calendar-year.ts';
import { calendars } from '../session/session-calendar.ts';
import { completeness, dayCoverage, daysOf } from './day-coverage.ts';
import type { MinuteEvidence, UnfilledGap } from './day-coverage.ts';

const MINUTE = 60_000_000;
const nse = calendars('nse');
const always = calendars('always');
const ist = (time: string, date = '2026-02-03'): number => Date.parse(`${date}T${time}+05:30`) * 1000;
const minutes = (from: number, count: number): Set<number> =>
  new Set(Array.from({ length: count }, (_, at) => from + at * MINUTE));
const nothing: MinuteEvidence = {
  present: new Set(),
  untraded: new Set(),
  traded: new Set(),
  contiguous: [],
  watched: [],
  gaps: [],
};
const gap = (from: number, to: number, told: Partial<UnfilledGap> = {}): UnfilledGap => ({
  fromMicros: from,
  toMicros: to,
  cause: 'disconnect',
  state: 'open',
  ...told,
});
const [day] = daysOf(nse, { from: ist('00:00'), to: ist('23:59') });
const OPEN = ist('09:15');

test('a day with a candle for each of its 375 minutes is whole', () => {
  const found = dayCoverage(nse, day, { ...nothing, present: minutes(OPEN, 375) });
  expect(found).toMatchObject({ date: '2026-02-03', expected: 375, present: 375, outside: [] });
  expect(completeness(found)).toBe(1);
});

test('a minute without a candle is missing in a gap, quiet outside of one, and nothing to miss before it was subscribed', () => {
  const evidence: MinuteEvidence = {
    ...nothing,
    present: minutes(OPEN + 60 * MINUTE, 100),
    watched: [{ from: OPEN + 60 * MINUTE, to: OPEN + 375 * MINUTE }],
    gaps: [gap(OPEN + 160 * MINUTE, OPEN + 170 * MINUTE - 1, { reason: 'the venue was away' })],
  };
  const found = dayCoverage(nse, day, evidence);
  expect(found).toMatchObject({ present: 100, missing: 10, quiet: 205, unwatched: 60, partial: 0 });
  expect(found.missingSpans).toEqual([
    {
      from: OPEN + 160 * MINUTE,
      to: OPEN + 170 * MINUTE,
      cause: 'disconnect',
      state: 'open',
      reason: 'the venue was away',
    },
  ]);
  expect(completeness(found)).toBe(305 / 315);
});

test('what the venue told as untraded, or ids that follow one another, is no gap, not even in one', () => {
  const evidence: MinuteEvidence = {
    ...nothing,
    untraded: minutes(OPEN, 100),
    contiguous: [{ from: OPEN + 99.5 * MINUTE, to: OPEN + 200.5 * MINUTE }],
    gaps: [gap(OPEN, -1)],
  };
  const found = dayCoverage(nse, day, evidence);
  // The minute in which the second of the two trades fell is not whole between them.
  expect(found).toMatchObject({ untraded: 200, missing: 175 });
});

test('a minute of which the venue has a candle and we have none is missing, whatever the ids say', () => {
  const found = dayCoverage(nse, day, {
    ...nothing,
    traded: minutes(OPEN, 2),
    contiguous: [{ from: OPEN, to: OPEN + 375 * MINUTE }],
  });
  expect(found).toMatchObject({ missing: 2, untraded: 373 });
  expect(found.missingSpans).toMatchObject([{ cause: 'venue', reason: 'the venue has a candle of it' }]);
});

test('a candle that a gap touches is there and partial', () => {
  const evidence = {
    ...nothing,
    present: minutes(OPEN, 375),
    gaps: [gap(OPEN + 30_000_000, OPEN + 90_000_000)],
  };
  expect(dayCoverage(nse, day, evidence)).toMatchObject({ present: 375, partial: 2, missing: 0 });
});

test('a candle after the close is named as outside the session', () => {
  const late = ist('15:40');
  const found = dayCoverage(nse, day, { ...nothing, present: new Set([...minutes(OPEN, 375), late]) });
  expect(found).toMatchObject({ expected: 375, present: 375, outside: [late] });
});

test('days are the venue’s own and cut to what was asked; a closed day expects nothing', () => {
  const span = { from: ist('15:00', '2026-01-30'), to: ist('10:00', '2026-02-02') };
  const days = daysOf(nse, span).map((one) => dayCoverage(nse, one, nothing));
  // 2026-01-31 is a Saturday, 2026-02-01 the Sunday of the Budget.
  expect(days.map(({ date, expected }) => [date, expected])).toEqual([
    ['2026-01-30', 30],
    ['2026-01-31', 0],
    ['2026-02-01', 375],
    ['2026-02-02', 45],
  ]);
  expect(days.map((one) => completeness(one))).toEqual([undefined, undefined, undefined, undefined]);
  expect(daysOf(nse, { from: span.to, to: span.from })).toEqual([]);
});

test('a year without data is an error, not a day without minutes', () => {
  const span = { from: ist('00:00', '2026-12-31'), to: ist('12:00', '2027-01-01') };
  expect(() => daysOf(nse, span)).toThrow(CalendarYearError);
});

test('every expected minute is counted once, whatever is known of it', () => {
  const start = Date.UTC(2026, 1, 3) * 1000;
  const minute = fc.integer({ min: 0, max: 1439 });
  const spans = fc.array(fc.tuple(minute, minute), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(minute), fc.array(minute), spans, spans, spans, (a, b, c, d, e) => {
      const at = (one: number): number => start + one * MINUTE;
      const span = ([from, to]: [number, number]) => ({ from: at(from), to: at(to) });
      const found = dayCoverage(
        always,
        { date: '2026-02-03', from: start, to: start + 1440 * MINUTE },
        {
          present: new Set(a.map(at)),
          untraded: new Set(b.map(at)),
          traded: new Set(b.slice(0, 2).map(at)),
          contiguous: c.map(span),
          watched: d.map(span),
          gaps: e.map(([from, to]) => gap(at(from), at(to))),
        },
      );
      const { expected, present, untraded, quiet, missing, unwatched, partial, missingSpans } = found;
      expect(expected).toBe(1440);
      expect(present + untraded + quiet + missing + unwatched).toBe(1440);
      expect(present).toBe(new Set(a).size);
      expect(partial).toBeLessThanOrEqual(present);
      const listed = missingSpans.reduce((sum, one) => sum + (one.to - one.from) / MINUTE, 0);
      expect(listed).toBe(missing);
    }),
    { numRuns: 50 },
  );
});
