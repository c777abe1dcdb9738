import { expect, test } from 'vitest';
import { compareWithHolidays, compareWithSessions } from './calendar-comparison.ts';
import { CalendarYearError } from './calendar-year.ts';
import { calendars } from './session-calendar.ts';

const nse = calendars('nse');
const ist = (date: string, time: string): number => Date.parse(`${date}T${time}+05:30`) * 1000;
const session = (date: string, open: string, close: string) => ({
  openMicros: ist(date, open),
  closeMicros: ist(date, close),
});
const range = (first: string, end: string) => ({ from: ist(first, '00:00'), to: ist(end, '00:00') });
const holiday = (date: string, ...sessions: ReturnType<typeof session>[]) => ({
  date,
  description: 'as told',
  sessions,
});

test('a list that has our sessions agrees; a missing, an added and an altered one are each named by their date', () => {
  const week = nse.sessionsBetween(ist('2026-02-01', '00:00'), ist('2026-02-07', '00:00'));
  const days = range('2026-02-01', '2026-02-07');
  expect(compareWithSessions(nse, week, days)).toEqual([]);
  const [budget, , tuesday, ...others] = week;
  const shorter = { ...tuesday, closeMicros: tuesday.closeMicros - 60_000_000 };
  const saturday = session('2026-02-07', '09:15', '15:30');
  const differences = compareWithSessions(nse, [budget, shorter, ...others, saturday], {
    ...days,
    to: ist('2026-02-08', '00:00'),
  });
  expect(differences.map(({ date, ours, theirs }) => [date, ours.length, theirs.length])).toEqual([
    ['2026-02-02', 1, 0],
    ['2026-02-03', 1, 1],
    ['2026-02-07', 0, 1],
  ]);
});

test('a year without data can neither agree nor differ', () => {
  expect(() => compareWithSessions(nse, [], range('2026-12-30', '2027-01-02'))).toThrow(CalendarYearError);
  expect(() => compareWithHolidays(nse, [], 2018)).toThrow(CalendarYearError);
  expect(compareWithSessions(nse, [], range('2026-12-30', '2026-12-30'))).toEqual([]);
});

test('a list of holidays is compared both ways: what it lists, and what it leaves out', () => {
  const told = Array.from({ length: 365 }, (_, day) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString())
    .map((time) => time.slice(0, 10))
    .filter((date) => nse.noteOn(date) !== undefined && nse.noteOn(date)?.kind !== 'unknown')
    .map((date) => holiday(date, ...nse.sessionsOn(date)));
  expect(told.length).toBe(17);
  // All but the Muhurat session, whose hours only the venue knows.
  const muhurat = holiday('2026-11-08', session('2026-11-08', '18:00', '19:15'));
  expect(compareWithHolidays(nse, told, 2026).map(({ date }) => date)).toEqual(['2026-11-08']);
  const [learned] = compareWithHolidays(nse, [...told, muhurat], 2026);
  expect(learned).toMatchObject({ date: '2026-11-08', ours: [], theirs: muhurat.sessions });
  expect(learned.reason).toContain('its hours were not known here');
  const without = [...told.filter(({ date }) => date !== '2026-01-26'), muhurat];
  const differences = compareWithHolidays(nse, [...without, holiday('2026-02-10')], 2026);
  expect(differences.map(({ date, reason }) => [date, reason])).toEqual([
    ['2026-01-26', 'closed here (holiday), and the venue lists nothing'],
    ['2026-02-10', 'as told'],
    ['2026-11-08', 'as told; its hours were not known here (Muhurat)'],
  ]);
});
