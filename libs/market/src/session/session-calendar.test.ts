import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CalendarYearError, knowsYears, requireYear } from './calendar-year.ts';
import { calendars, UnknownCalendarError } from './session-calendar.ts';

const MINUTE = 60_000_000;
const DAY = 86_400_000_000;
const at = (iso: string): number => Date.parse(iso) * 1000;
const ist = (date: string, time: string): number => at(`${date}T${time}+05:30`);
const span = (date: string, open: string, close: string) => ({
  date,
  openMicros: ist(date, open),
  closeMicros: ist(date, close),
});

const nse = calendars('nse');
const always = calendars('always');
const recordings =
  process.env['TICKWRIGHT_RECORDINGS'] ??
  fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
const xbom = `${recordings}/nse/xbom.csv`;
const closuresFile = `${recordings}/nse/calendar.json`;

/** Sessions that the recorded list of the BSE leaves out. */
const BESIDE = [
  span('2019-10-27', '18:15', '19:15'),
  span('2020-02-01', '09:15', '15:30'),
  span('2020-11-14', '18:15', '19:15'),
  span('2021-11-04', '18:15', '19:15'),
  span('2022-10-24', '18:15', '19:15'),
  span('2023-11-12', '18:15', '19:15'),
  span('2024-03-02', '09:15', '10:00'),
  span('2024-03-02', '11:30', '12:30'),
  span('2024-05-18', '09:15', '10:00'),
  span('2024-05-18', '11:30', '12:40'),
  span('2024-11-01', '18:00', '19:00'),
  span('2025-10-21', '13:45', '14:45'),
  span('2026-02-01', '09:15', '15:30'),
];

describe('the NSE calendar', () => {
  test.skipIf(!existsSync(xbom))(
    'has exactly the recorded sessions of 2019 to 2026 and the special ones (skipped where recordings are absent)',
    () => {
      const recorded = readFileSync(xbom, 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','))
        .filter(([date]) => date >= '2019')
        .map(([date, open, close]) => ({
          date: date.slice(0, 10),
          openMicros: at(open),
          closeMicros: at(close),
        }));
      const expected = [...recorded, ...BESIDE].toSorted((a, b) => a.openMicros - b.openMicros);
      expect(recorded.length).toBeGreaterThan(1900);
      expect(nse.sessionsBetween(ist('2018-01-01', '00:00'), ist('2028-01-01', '00:00'))).toEqual(expected);
    },
  );

  test.skipIf(!existsSync(closuresFile))(
    'has no regular session on a recorded closure (skipped where recordings are absent)',
    () => {
      const file: unknown = JSON.parse(readFileSync(closuresFile, 'utf8'));
      const years = Object.values(
        (file as Record<string, Record<string, string[]>>)['weekday_full_closures_or_muhurat_only'],
      );
      const regular = years.flat().filter((date) => nse.sessionAt(ist(date, '11:00')) !== undefined);
      expect(years.flat().length).toBe(47);
      expect(regular).toEqual([]);
    },
  );

  test('opens at 09:15 inclusive and closes at 15:30 exclusive, India time', () => {
    const session = span('2026-02-02', '09:15', '15:30');
    expect(nse.sessionAt(session.openMicros - 1)).toBeUndefined();
    expect(nse.sessionAt(session.openMicros)).toEqual(session);
    expect(nse.sessionAt(session.closeMicros - 1)).toEqual(session);
    expect(nse.sessionAt(session.closeMicros)).toBeUndefined();
    expect(nse.expectedMinutes(session.openMicros, session.closeMicros)).toBe(375);
  });

  test('keeps the closing auction of August 2026 within the session', () => {
    expect(nse.sessionAt(ist('2026-08-03', '15:28:40'))).toEqual(span('2026-08-03', '09:15', '15:30'));
  });

  test('trades on the Sunday of a Budget, in a Muhurat evening, and twice on the day of a drill', () => {
    expect(nse.sessionsOn('2026-02-01')).toEqual([span('2026-02-01', '09:15', '15:30')]);
    expect(nse.sessionsOn('2025-10-21')).toEqual([span('2025-10-21', '13:45', '14:45')]);
    expect(nse.sessionsOn('2024-03-02').map((session) => session.closeMicros)).toEqual([
      ist('2024-03-02', '10:00'),
      ist('2024-03-02', '12:30'),
    ]);
    expect(nse.sessionAt(ist('2024-03-02', '11:00'))).toBeUndefined();
    expect(nse.sessionsOn('2026-11-08')).toEqual([]);
    expect(nse.sessionsOn('2026-01-26')).toEqual([]);
  });

  test('names the sessions before and after an instant, over weekends and the turn of a year', () => {
    expect(nse.nextSession(ist('2026-01-30', '15:30'))?.date).toBe('2026-02-01');
    expect(nse.nextSession(ist('2025-12-31', '12:00'))?.date).toBe('2026-01-01');
    expect(nse.previousSession(ist('2026-02-02', '15:29:59'))?.date).toBe('2026-02-01');
    expect(nse.previousSession(ist('2026-02-02', '15:30'))?.date).toBe('2026-02-02');
    expect(nse.nextSession(ist('2026-02-02', '09:15'))?.date).toBe('2026-02-03');
  });

  test('tells the date in India, five and a half hours ahead of UTC', () => {
    expect(nse.dateOf(at('2026-02-01T18:29:59Z'))).toBe('2026-02-01');
    expect(nse.dateOf(at('2026-02-01T18:30:00Z'))).toBe('2026-02-02');
  });

  test('tells what is special about a day, and of a session whose hours are not known', () => {
    expect(nse.noteOn('2026-02-01')).toEqual({ kind: 'special', reason: 'Union Budget' });
    expect(nse.noteOn('2026-01-26')).toEqual({ kind: 'closed', reason: 'holiday' });
    expect(nse.noteOn('2026-11-08')).toEqual({ kind: 'unknown', reason: 'Muhurat' });
    expect(nse.noteOn('2026-02-02')).toBeUndefined();
    expect(always.noteOn('2026-02-02')).toBeUndefined();
  });

  test('has derivatives trade until 15:40 from the day of the closing auction on, cash until 15:30', () => {
    const derivatives = calendars('nse-fo');
    const closes = (date: string): string[] =>
      [nse, derivatives].map((calendar) =>
        new Date((calendar.sessionsOn(date)[0].closeMicros + 330 * MINUTE) / 1000)
          .toISOString()
          .slice(11, 16),
      );
    expect(closes('2026-07-31')).toEqual(['15:30', '15:30']);
    expect(closes('2026-08-03')).toEqual(['15:30', '15:40']);
    expect(derivatives.sessionsOn('2026-02-01')).toEqual(nse.sessionsOn('2026-02-01'));
    expect(derivatives.sessionsOn('2026-09-14')).toEqual([]);
  });

  test('fails closed in a year that it has no data for', () => {
    expect(nse.coverage()).toEqual({ firstYear: 2019, lastYear: 2026 });
    for (const date of ['2018-12-31', '2027-01-04']) {
      expect(nse.sessionAt(ist(date, '11:00'))).toBeUndefined();
      expect(nse.sessionsOn(date)).toEqual([]);
      expect(() => nse.expectedMinutes(ist(date, '11:00'), ist(date, '12:00'))).toThrow(CalendarYearError);
    }
    expect(nse.nextSession(ist('2018-12-31', '20:00'))).toBeUndefined();
    expect(nse.nextSession(ist('2026-12-31', '20:00'))).toBeUndefined();
    expect(nse.previousSession(ist('2027-01-01', '01:00'))).toBeUndefined();
    expect(() => requireYear(nse, 2027)).toThrow(/"nse" was asked about 2027 but knows 2019 to 2026 only/);
    requireYear(nse, 2026);
    expect(knowsYears(nse, { from: ist('2026-12-31', '12:00'), to: ist('2027-01-01', '00:00') })).toBe(false);
    expect(knowsYears(nse, { from: ist('2019-01-01', '00:00'), to: ist('2026-12-31', '23:59') })).toBe(true);
  });

  test('counts as many minutes as lie in sessions, wherever a range is cut', () => {
    const start = ist('2024-02-28', '00:00');
    const minute = fc.integer({ min: 0, max: 14 * 24 * 60 });
    fc.assert(
      fc.property(minute, minute, minute, (a, b, c) => {
        const [from, cut, to] = [a, b, c].toSorted((x, y) => x - y).map((m) => start + m * MINUTE);
        let counted = 0;
        for (let t = from; t < to; t += MINUTE) if (nse.sessionAt(t) !== undefined) counted++;
        expect(nse.expectedMinutes(from, to)).toBe(counted);
        expect(nse.expectedMinutes(from, cut) + nse.expectedMinutes(cut, to)).toBe(counted);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the calendar of a market that never closes', () => {
  test('has one session a UTC day and no end', () => {
    const noon = at('2024-02-29T12:00:00Z');
    const session = { date: '2024-02-29', openMicros: noon - DAY / 2, closeMicros: noon + DAY / 2 };
    expect(always.sessionAt(noon)).toEqual(session);
    expect(always.sessionAt(session.closeMicros)?.date).toBe('2024-03-01');
    expect(always.previousSession(session.closeMicros)).toEqual(session);
    expect(always.previousSession(session.closeMicros - 1)?.date).toBe('2024-02-28');
    expect(always.nextSession(session.openMicros)?.date).toBe('2024-03-01');
    expect(always.sessionsOn('2024-02-29')).toEqual([session]);
    expect(always.sessionsBetween(noon, noon + DAY).map(({ date }) => date)).toEqual([
      '2024-02-29',
      '2024-03-01',
    ]);
    expect(always.expectedMinutes(noon, noon + DAY)).toBe(1440);
    expect(always.coverage()).toBeUndefined();
    requireYear(always, 1971);
  });
});

test('an unknown calendar is refused with the names of the known ones', () => {
  expect(() => calendars('nyse')).toThrow(UnknownCalendarError);
  expect(() => calendars('nyse')).toThrow(
    'there is no session calendar "nyse"; known are: always, nse, nse-fo',
  );
  expect(() => calendars('toString')).toThrow(UnknownCalendarError);
});

test('a date that is none is refused', () => {
  expect(() => nse.sessionsOn('2026-02-30')).toThrow('"2026-02-30" is not a date');
  expect(() => always.sessionsOn('yesterday')).toThrow('"yesterday" is not a date');
});
