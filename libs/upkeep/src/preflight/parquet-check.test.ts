import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import { InstrumentTable, candleColumns, instrumentKey, splitKey } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { openCandleFiles } from '@tickwright/store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkCandleFiles } from './parquet-check.ts';

const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parquet-check-'));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

const CANDLE = {
  instrument: `'SIM|ALPHA'`,
  open_time: `TIMESTAMP '2026-01-05 09:00:00'`,
  open: '1.0',
  high: '1.0',
  low: '1.0',
  close: '1.0',
  volume: '1.0',
  trade_count: '1::BIGINT',
  is_closed: 'true',
  is_complete: 'true',
  revision: '0::BIGINT',
  version: '7::BIGINT',
  source: `'ticks'`,
  updated_at: `TIMESTAMP '2026-01-05 09:01:00'`,
};

/** What is found of an hour with one candle, in which some values are other ones. */
async function found(other: Partial<typeof CANDLE>): Promise<string[]> {
  const path = join(dataDir, 'live/candles/segment=SIM/date=2026-01-05/09.parquet');
  await mkdir(dirname(path), { recursive: true });
  await using database = await openDatabase({ path: ':memory:', log });
  const columns = Object.entries({ ...CANDLE, ...other }).map(([name, value]) => `${value} AS ${name}`);
  await database.read(`COPY (SELECT ${columns.join(', ')}) TO '${path}' (FORMAT parquet)`);
  return (await checkCandleFiles(dataDir)).map(({ severity, found: text }) => `${severity}: ${text}`);
}

const BEYOND = '9007199254740992';

test.each([
  { version: BEYOND },
  { revision: `-${BEYOND}` },
  { trade_count: BEYOND },
  { trade_count: '70368744178364' },
  { trade_count: '-2147483649' },
  { revision: '2147483648' },
  { open_time: `make_timestamp(${BEYOND})` },
  { close: 'NULL::DOUBLE' },
  { source: `'venuf'` },
  { is_closed: 'NULL::BOOLEAN' },
  { instrument: `'@IM|ALPHA'` },
  { instrument: `'SIN|ALPHA'` },
  { instrument: `'SIM|AL|HA'` },
])('a candle file whose values cannot be read is damaged: %o', async (other) => {
  expect(await found(other)).toEqual(['error: cannot be read: 1 rows have values that nothing has']);
});

test('a candle file is well whatever its time of writing says, which nobody reads', async () => {
  for (const other of [{}, { updated_at: `make_timestamp(${BEYOND})` }, { updated_at: 'NULL::TIMESTAMP' }])
    expect(await found(other)).toEqual(['ok: 1 candle files can be read']);
});

test('a candle file of which a bit was flipped after it was written is damaged, whatever it says', async () => {
  const instruments = new InstrumentTable();
  const key = instrumentKey('SIM|ALPHA');
  const names = { ...splitKey(key), venueSymbol: 'ALPHA', priceDecimals: 2, quantityDecimals: 3 };
  instruments.add({ key, ...names, calendar: 'always' });
  const hourMicros = Date.UTC(2026, 0, 5, 9) * 1_000;
  const rows = candleColumns(1);
  rows.count = 1;
  rows.openTime[0] = hourMicros;
  await using files = await openCandleFiles({ dataDir, instruments, log, clock: systemClock });
  await files.publishHour('SIM', hourMicros, rows);
  const path = join(dataDir, 'live/candles/segment=SIM/date=2026-01-05/09.parquet');
  expect(await checkCandleFiles(dataDir)).toMatchObject([{ severity: 'ok' }]);

  const bytes = await readFile(path);
  const at = bytes.lastIndexOf('SIM|ALPHA');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);

  expect(await checkCandleFiles(dataDir)).toMatchObject([
    { severity: 'error', found: 'is not as it was written: its checksum is another' },
  ]);
});
