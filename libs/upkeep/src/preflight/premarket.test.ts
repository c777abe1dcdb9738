import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { checkCalendars } from './calendar-check.ts';
import { checkInstruments } from './instruments-check.ts';
import { checkToken } from './token-check.ts';
import type { KnownToken } from './token-check.ts';
import { checkYesterday } from './yesterday-check.ts';

const HOUR = 3_600_000_000;
const NOW = Date.parse('2026-02-03T03:00:00Z') * 1_000;
const good: KnownToken = {
  venue: 'upstox',
  token: { expiresMicros: NOW + 19 * HOUR, storedMicros: NOW - HOUR },
  verdict: 'accepted',
};
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

test.each<[string, Partial<KnownToken>, string, RegExp]>([
  ['taken', {}, 'ok', /taken by the venue, good until 2026-02-03T22:00Z \(19\.0 h\), stored 1\.0 h ago/],
  ['missing', { token: undefined }, 'error', /there is none/],
  ['over', { token: { expiresMicros: NOW - 5 * HOUR } }, 'error', /its time was over 5\.0 h ago/],
  [
    'refused',
    { verdict: 'refused', reason: 'HTTP 401' },
    'error',
    /the venue refuses it: HTTP 401, stored 1\.0 h ago/,
  ],
  ['about to end', { token: { expiresMicros: NOW + 3 * HOUR } }, 'warning', /ends soon/],
  ['not asked', { verdict: 'not asked', reason: 'no route' }, 'note', /is not known: no route/],
])('a token that is %s', (_, told, severity, found) => {
  const finding = checkToken({ ...good, ...told }, NOW);
  expect(finding.severity).toBe(severity);
  expect(finding.found).toMatch(found);
  if (severity === 'error') expect(finding.toDo).toBe('renew it: tickwright token upstox');
});

test('instruments that the venue does not have are named, and what to do', () => {
  const unknown = [{ key: 'NSE_EQ|X', reason: 'no candles of such a key' }];
  const found = checkInstruments({ venue: 'upstox', count: 3, unknown });
  expect(found).toMatchObject({ severity: 'error', subject: 'instruments of upstox' });
  expect(found.found).toContain('1 of 3');
  expect(found.found).toContain('NSE_EQ|X (no candles of such a key)');
  expect(checkInstruments({ venue: 'upstox', count: 3, unknown: [], unchecked: 'away' }).severity).toBe(
    'note',
  );
  expect(checkInstruments({ venue: 'upstox', count: 3, unknown: [] })).toMatchObject({ severity: 'ok' });
});

test.each<[string, string, readonly (readonly [string, RegExp])[]]>([
  ['known for months', '2026-07-01', [['ok', /^sessions are known for 183 more days$/]]],
  [
    'about to end',
    '2026-12-10',
    [['warning', /^nse ends with 2026, in 21 days: from then on ticks make no candles$/]],
  ],
  [
    'over',
    '2027-01-04',
    [['error', /^nse knows no sessions after 2026: ticks are kept and make no candles$/]],
  ],
  [
    'without the hours of a day',
    '2026-10-01',
    [['warning', /^2026-11-08 \(Muhurat\) has a session whose hours/]],
  ],
])('a calendar that is %s', (_, date, told) => {
  const clock = new ManualClock({ startMicros: Date.parse(`${date}T03:00:00Z`) * 1_000 });
  const instruments = [{ calendar: 'nse' }, { calendar: 'always' }, { calendar: 'nse' }];
  const findings = checkCalendars(instruments, clock);
  expect(findings.map(({ severity }) => severity)).toEqual(told.map(([severity]) => severity));
  for (const [at, [severity, found]] of told.entries()) {
    expect(findings[at]).toMatchObject({ check: 'calendar', subject: 'calendar nse' });
    expect(findings[at].found).toMatch(found);
    if (severity !== 'ok') expect(findings[at].toDo).toMatch(/^list the (closures|sessions) of 20/);
  }
});

test('of a data directory without anything, and of a year without data, nothing is claimed', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tickwright-yesterday-'));
  const instruments = [{ key: 'NSE_EQ|X', calendar: 'nse' }];
  const at = (iso: string): ManualClock => new ManualClock({ startMicros: Date.parse(iso) * 1_000 });
  try {
    const clock = at('2026-02-03T03:00:00Z');
    expect(await checkYesterday({ dataDir, instruments, clock, log: quiet })).toMatchObject([
      { severity: 'note', found: 'nothing is stored of 2026-02-02' },
    ]);
    const [later] = await checkYesterday({
      dataDir,
      instruments,
      clock: at('2027-02-03T03:00:00Z'),
      log: quiet,
    });
    expect(later).toMatchObject({ severity: 'note' });
    expect(later.found).toContain('2027');
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
