import { afterEach, expect, test } from 'vitest';
import { addedDaysProblems, NO_ADDED_DAYS } from './added-days.ts';
import type { AddedDays } from './added-days.ts';
import { NSE_CASH } from './nse-sessions.ts';
import { addCalendarDays, calendars } from './session-calendar.ts';

afterEach(() => addCalendarDays({ nse: NO_ADDED_DAYS }));

const ist = (date: string, time: string): number => Date.parse(`${date}T${time}+05:30`) * 1_000;
const problems = (days: Partial<AddedDays>): string[] =>
  addedDaysProblems(NSE_CASH, { ...NO_ADDED_DAYS, ...days }).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

const YEAR_2027: AddedDays = {
  years: [{ year: 2027, closures: ['2027-01-26', '2027-12-25'] }],
  days: [
    { date: '2027-10-29', reason: 'Muhurat', sessions: ['18:00-19:00'] },
    { date: '2027-03-05', reason: 'election', sessions: [] },
    { date: '2026-11-08', reason: 'Muhurat', sessions: ['13:45-14:45'] },
  ],
};

test('a year that is added has its sessions in both calendars, and the years before keep theirs', () => {
  const before = calendars('nse').sessionsBetween(ist('2019-01-01', '00:00'), ist('2026-11-01', '00:00'));
  expect(calendars('nse').sessionAt(ist('2027-01-25', '11:00'))).toBeUndefined();
  addCalendarDays({ nse: YEAR_2027 });
  for (const [name, close] of [
    ['nse', '15:30'],
    ['nse-fo', '15:40'],
  ] as const) {
    const calendar = calendars(name);
    expect(calendar.coverage()).toEqual({ firstYear: 2019, lastYear: 2027 });
    expect(calendar.sessionsOn('2027-01-25')).toEqual([
      { date: '2027-01-25', openMicros: ist('2027-01-25', '09:15'), closeMicros: ist('2027-01-25', close) },
    ]);
    expect(calendar.sessionsOn('2027-01-26')).toEqual([]);
    expect(calendar.sessionsOn('2027-01-30')).toEqual([]);
    expect(calendar.sessionAt(ist('2028-01-03', '11:00'))).toBeUndefined();
  }
  const nse = calendars('nse');
  expect(nse.sessionsBetween(ist('2019-01-01', '00:00'), ist('2026-11-01', '00:00'))).toEqual(before);
  // Until 15:30 of a day with 375 minutes, over the turn of the year.
  expect(nse.expectedMinutes(ist('2026-12-31', '00:00'), ist('2027-01-02', '00:00'))).toBe(750);
});

test('a day that is added goes before its weekday and before what the release has of it', () => {
  expect(calendars('nse').noteOn('2026-11-08')).toMatchObject({ kind: 'unknown' });
  addCalendarDays({ nse: YEAR_2027 });
  const nse = calendars('nse');
  expect(nse.sessionsOn('2026-11-08').map(({ openMicros }) => openMicros)).toEqual([
    ist('2026-11-08', '13:45'),
  ]);
  expect(nse.noteOn('2026-11-08')).toEqual({ kind: 'special', reason: 'Muhurat' });
  expect(nse.sessionsOn('2027-03-05')).toEqual([]);
  expect(nse.noteOn('2027-03-05')).toEqual({ kind: 'closed', reason: 'election' });
  expect(calendars('nse-fo').sessionsOn('2027-10-29')).toHaveLength(1);
});

test('what was added is gone when something else is', () => {
  addCalendarDays({ nse: YEAR_2027 });
  expect(calendars('nse-fo').coverage()).toMatchObject({ lastYear: 2027 });
  addCalendarDays({ nse: NO_ADDED_DAYS });
  for (const name of ['nse', 'nse-fo'])
    expect(calendars(name).coverage()).toEqual({ firstYear: 2019, lastYear: 2026 });
  expect(calendars('nse').sessionsOn('2026-11-08')).toEqual([]);
});

test('a year that the release has is replaced as a whole', () => {
  addCalendarDays({ nse: { years: [{ year: 2026, closures: ['2026-01-26'] }], days: [] } });
  expect(calendars('nse').sessionsOn('2026-01-26')).toEqual([]);
  expect(calendars('nse').sessionsOn('2026-01-15')).toHaveLength(1);
  // A special session is no closure and stays.
  expect(calendars('nse').sessionsOn('2026-02-01')).toHaveLength(1);
});

test('nothing is wrong with what is right', () => {
  expect(addedDaysProblems(NSE_CASH, YEAR_2027)).toEqual([]);
  const closures = ['2028-01-26'];
  // In any order.
  const years = [
    { year: 2028, closures },
    { year: 2027, closures: ['2027-01-26'] },
  ];
  expect(problems({ years })).toEqual([]);
});

test.each<[string, Partial<AddedDays>, string]>([
  [
    'a year that does not follow',
    { years: [{ year: 2028, closures: ['2028-01-26'] }] },
    'years.0.year: the calendar knows 2019 to 2026: 2028 needs 2027, which is not listed',
  ],
  [
    'a year long before',
    { years: [{ year: 2016, closures: ['2016-01-26'] }] },
    'years.0.year: the calendar knows 2019 to 2026: 2016 needs 2017, which is not listed',
  ],
  [
    'a closure of another year',
    { years: [{ year: 2027, closures: ['2027-01-26', '2026-12-25'] }] },
    'years.0.closures.1: 2026-12-25 is not in 2027',
  ],
  [
    'a year twice',
    {
      years: [
        { year: 2027, closures: ['2027-01-26'] },
        { year: 2027, closures: ['2027-01-26'] },
      ],
    },
    'years.1.year: 2027 is listed twice',
  ],
  [
    'a day of a year that nobody knows',
    { days: [{ date: '2027-10-29', reason: 'Muhurat', sessions: ['18:00-19:00'] }] },
    'days.0.date: the calendar knows 2019 to 2026: list the closures of 2027 under years first',
  ],
  [
    'a day twice',
    {
      days: [
        { date: '2026-11-08', reason: 'Muhurat', sessions: [] },
        { date: '2026-11-08', reason: 'Muhurat', sessions: [] },
      ],
    },
    'days.1.date: 2026-11-08 is listed twice',
  ],
  [
    'a session backwards',
    { days: [{ date: '2026-11-08', reason: 'Muhurat', sessions: ['19:00-18:00'] }] },
    'days.0.sessions.0: 19:00-18:00 ends before it begins',
  ],
  [
    'sessions that overlap',
    { days: [{ date: '2026-11-08', reason: 'drill', sessions: ['09:15-10:00', '09:59-12:00'] }] },
    'days.0.sessions.1: 09:59-12:00 begins before 10:00',
  ],
])('%s is refused', (_, days, problem) => {
  expect(problems(days)).toEqual([problem]);
});
