import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addCalendarDays } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { startSimulator } from '@tickwright/simulator';
import { run } from '../program.ts';
import { fakeTerminal } from '../terminal-fixture.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const recordings =
  process.env['TICKWRIGHT_RECORDINGS'] ??
  fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
const xbom = join(recordings, 'nse', 'xbom.csv');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickwright-calendar-'));
});
afterEach(async () => await rm(folder, { recursive: true }));

/** The years from 2027 to the one after this, as their user might list them: no test ends with the release's calendar. */
const laterYears = Array.from({ length: new Date().getUTCFullYear() - 2025 }, (_, at) => ({
  year: 2027 + at,
  closures: [`${2027 + at}-01-26`],
}));
const withLaterYears = ['--set', `calendars.nse.years=${JSON.stringify(laterYears)}`];

async function calendar(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { TICKWRIGHT_UPSTOX_TOKEN: 'a-token-of-today' };
  const terminal = fakeTerminal(['calendar', ...argv, '--data-dir', join(folder, 'data')], { env });
  const code = await run(terminal);
  return { code, out: terminal.stdout.text, err: terminal.stderr.text };
}

test('show has sessions of the venue with their day, half days and what is special or not known', async () => {
  const { code, out } = await calendar('show', 'NSE_FO', '--from', '2026-07-31', '--to', '2026-08-03');
  expect(code).toBe(0);
  expect(out).toBe(
    [
      'NSE_FO  calendar nse-fo, times in Asia/Kolkata',
      'day             trading      minutes',
      'Fri 2026-07-31  09:15-15:30      375',
      'Sat 2026-08-01  closed             0',
      'Sun 2026-08-02  closed             0',
      'Mon 2026-08-03  09:15-15:40      385',
      '',
    ].join('\n'),
  );
  const special = await calendar('show', 'nse', '--from', '2026-11-08', '--to', '2026-11-10');
  expect(special.out).toMatch(/2026-11-08 +not known +0 +Muhurat: a session whose hours are not known/);
  expect(special.out).toMatch(/2026-11-10 +closed +0 +holiday/);
  const drill = await calendar('show', 'NSE_EQ', '--from', '2024-03-02', '--to', '2024-03-02', '--json');
  expect(JSON.parse(drill.out)).toMatchObject([
    { date: '2024-03-02', sessions: [{ minutes: 45 }, { minutes: 60 }], note: { kind: 'special' } },
  ]);
  const always = await calendar('show', 'KRAKEN', '--from', '2026-11-08', '--to', '2026-11-08');
  expect(always.out).toMatch(/Sun 2026-11-08 +00:00-24:00 +1440/);
});

test('days that are configured are shown and compared as those of the release are', async () => {
  const days = [{ date: '2026-11-08', reason: 'Muhurat', sessions: ['18:00-19:00'] }];
  const added = ['--set', `calendars.nse.days=${JSON.stringify(days)}`];
  const muhurat = ['--from', '2026-11-08', '--to', '2026-11-08'];
  const { out } = await calendar('show', 'nse', ...muhurat, ...added);
  expect(out).toMatch(/Sun 2026-11-08 +18:00-19:00 +60 +Muhurat/);
  expect((await calendar('show', 'nse', ...muhurat)).out).toMatch(/2026-11-08 +not known/);
  const turn = ['show', 'NSE_FO', '--from', '2026-12-31', '--to', '2027-01-01', ...withLaterYears];
  expect((await calendar(...turn)).out).toMatch(/Fri 2027-01-01 +09:15-15:40 +385/);
});

test.each([
  [
    ['show', 'nse', '--from', '2026-12-31', '--to', '2027-01-01'],
    1,
    /asked about 2027 but knows 2019 to 2026 only/,
  ],
  [['show', 'NSE_EQQ'], 2, /neither a segment nor a calendar; did you mean "NSE_EQ"/],
  [['show', 'nse', '--from', '2026-02-30'], 2, /not a date/],
  [['show', 'nse', '--from', '2026-02-02', '--to', '2026-02-01'], 2, /there is no day/],
  [['check', 'BINANCE', '--venue', 'upstox'], 2, /upstox tells no hours of BINANCE/],
])('%j fails with %i', async (argv, code, message) => {
  const ended = await calendar(...argv);
  expect(ended.code).toBe(code);
  expect(ended.err).toMatch(message);
});

test('next says whether a venue is open, for the configured instruments too', async () => {
  const { code, out } = await calendar('next');
  expect(code).toBe(0);
  expect(out).toMatch(/^SIM: open until \d{4}-\d\d-\d\d 00:00 \(.*\); next session .*, UTC\n$/);
  const nse = await calendar('next', 'NSE_EQ', '--json', ...withLaterYears);
  expect(JSON.parse(nse.out)).toMatchObject([{ name: 'NSE_EQ' }]);
});

test.skipIf(!existsSync(xbom))(
  'check against the recorded list names the sessions that it leaves out (skipped where recordings are absent)',
  async () => {
    const { code, out } = await calendar('check', 'nse', '--list', xbom, '--json');
    expect(code).toBe(8);
    const [report] = JSON.parse(out) as [{ differences: { date: string; theirs: unknown[] }[] }];
    expect(report.differences).toHaveLength(11);
    expect(report.differences.every(({ theirs }) => theirs.length === 0)).toBe(true);
    const range = ['--from', '2023-01-01', '--to', '2023-11-11'];
    const agrees = await calendar('check', 'nse', '--list', xbom, ...range);
    expect(agrees.out).toContain('calendar nse: agrees with 7,419 sessions');
  },
);

test('a list without its columns, or with a session that ends before it begins, is refused', async () => {
  const file = join(folder, 'list.csv');
  await writeFile(file, 'opens,closes\n');
  expect((await calendar('check', 'nse', '--list', file)).err).toContain('no columns "open" and "close"');
  await writeFile(file, 'open,close\n2026-02-02T10:00:00Z,2026-02-02T03:45:00Z\n');
  expect((await calendar('check', 'nse', '--list', file)).err).toMatch(/list\.csv:2: no session/);
});

test('check asks the venue for its holidays, hours and status; what we know otherwise is a difference', async () => {
  // Before the venue begins: it has the calendars of then.
  addCalendarDays({ nse: { years: laterYears, days: [] } });
  const options = { seed: 1, instruments: ['ALPHA'], ratePerSecond: 1, port: 0, protocol: 'upstox' } as const;
  await using simulator = await startSimulator({ ...options, clock: systemClock, log: SILENT });
  const venue = ['--venue', 'upstox', '--rest-url', simulator.url.rest];
  const cash = await calendar('check', 'NSE_EQ', ...venue, '--json', ...withLaterYears);
  const [report] = JSON.parse(cash.out) as [{ differences: { date: string }[]; compared: string[] }];
  expect(report.compared).toHaveLength(3);
  // The simulator's data are ours: only a session whose hours nobody knows can differ.
  expect(report.differences.filter(({ date }) => date !== '2026-11-08')).toEqual([]);
  // It has derivatives close with the cash market, which they do no more.
  const range = ['--from', '2026-08-03', '--to', '2026-08-04'];
  const argv = ['check', 'NSE_FO', ...venue, ...range, ...withLaterYears];
  const derivatives = await calendar(...argv);
  expect(derivatives.code).toBe(8);
  expect(derivatives.out).toMatch(/2026-08-03 +09:15-15:40 +09:15-15:30/);
});
