import { afterEach, expect, test } from 'vitest';
import { NO_ADDED_DAYS } from './added-days.ts';
import { calendarWarnings, daysKnown } from './calendar-outlook.ts';
import { addCalendarDays, calendars } from './session-calendar.ts';

afterEach(() => addCalendarDays({ nse: NO_ADDED_DAYS }));

const ist = (date: string, time = '12:00'): number => Date.parse(`${date}T${time}+05:30`) * 1_000;
const found = (date: string, days: number): string[] =>
  calendarWarnings(calendars('nse'), ist(date), days).map((warning) => warning.found);

test('the days that are known are counted in the zone of the venue, below 0 beyond the end', () => {
  const nse = calendars('nse');
  expect(daysKnown(nse, ist('2026-12-01', '00:00'))).toBe(30);
  expect(daysKnown(nse, ist('2026-12-31', '23:59'))).toBe(0);
  expect(daysKnown(nse, ist('2027-01-01', '00:00'))).toBe(-1);
  expect(daysKnown(calendars('always'), ist('2027-01-01'))).toBeUndefined();
});

test('an end is told as many days ahead as are asked about, and after it', () => {
  expect(found('2026-12-01', 31)).toEqual([]);
  expect(found('2026-12-01', 32)).toEqual([
    'nse ends with 2026, in 30 days: from then on ticks make no candles',
  ]);
  expect(found('2026-12-31', 1)).toEqual([]);
  expect(found('2027-01-01', 1)).toEqual([
    'nse knows no sessions after 2026: ticks are kept and make no candles',
  ]);
  expect(calendarWarnings(calendars('nse'), ist('2027-01-01'), 1)[0].toDo).toBe(
    'list the closures of 2027 under calendars.nse.years, or install a release that has them',
  );
  expect(calendarWarnings(calendars('always'), ist('2027-01-01'), 400)).toEqual([]);
});

test('a session whose hours nobody knows is told until its day is over', () => {
  expect(found('2026-11-06', 2)).toEqual([]);
  const told = [
    '2026-11-08 (Muhurat) has a session whose hours are not known: its ticks are kept and make no candles',
  ];
  expect(found('2026-11-06', 3)).toEqual(told);
  expect(found('2026-11-08', 1)).toEqual(told);
  expect(found('2026-11-09', 10)).toEqual([]);
});

test('what is added is known', () => {
  const years = [{ year: 2027, closures: ['2027-01-26'] }];
  const days = [{ date: '2026-11-08', reason: 'Muhurat', sessions: ['18:00-19:00'] }];
  addCalendarDays({ nse: { years, days } });
  expect(found('2026-11-06', 100)).toEqual([]);
});
