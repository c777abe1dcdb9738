import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Instrument, InstrumentRow, InstrumentTable } from '@tickwright/market';
import { instrumentKey, splitKey } from '@tickwright/market';
import type { Clock } from '@tickwright/runtime';
import { writeWhole } from './atomic-file.ts';
import { isRecord, readJson } from './json-file.ts';

/** For an instrument that nobody described: enough decimals for every venue that we know. */
const DECIMALS_UNKNOWN = 8;
const CALENDAR_UNKNOWN = 'always';

/** Where the instruments stand that the candle files speak of: readers need their decimals and calendars. */
export function instrumentsPath(dataDir: string): string {
  return join(dataDir, 'live', 'instruments.json');
}

/** The instruments that were ever published; empty when the file is absent. Rows it does not understand are left out. */
export async function readInstruments(dataDir: string): Promise<InstrumentRow[]> {
  const value = await readJson(instrumentsPath(dataDir));
  return Array.isArray(value) ? value.filter(isInstrumentRow) : [];
}

/** Replaces the file by the table's instruments and those that the file knows beyond them. Sorted by key. */
export async function writeInstruments(options: {
  dataDir: string;
  instruments: InstrumentTable;
  clock: Clock;
}): Promise<void> {
  const rows = new Map<string, InstrumentRow>();
  for (const row of await readInstruments(options.dataDir)) rows.set(row.key, row);
  for (const instrument of options.instruments.list()) rows.set(instrument.key, rowOf(instrument));
  const sorted = [...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  const path = instrumentsPath(options.dataDir);
  await mkdir(dirname(path), { recursive: true });
  const text = `[\n${sorted.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`;
  await writeWhole({ path, text, clock: options.clock, durability: 'synced' });
}

/** The instrument of a row. Throws a RangeError when its key is not one. */
export function instrumentOf(row: InstrumentRow): Instrument {
  const key = instrumentKey(row.key);
  const { venueSymbol, priceDecimals, quantityDecimals, calendar } = row;
  return { key, ...splitKey(key), venueSymbol, priceDecimals, quantityDecimals, calendar };
}

/** What is assumed of an instrument that no file describes. Throws a RangeError when the key is not one. */
export function undescribedInstrument(text: string): Instrument {
  const key = instrumentKey(text);
  return {
    key,
    ...splitKey(key),
    venueSymbol: splitKey(key).id,
    priceDecimals: DECIMALS_UNKNOWN,
    quantityDecimals: DECIMALS_UNKNOWN,
    calendar: CALENDAR_UNKNOWN,
  };
}

function rowOf(instrument: Instrument): InstrumentRow {
  const { key, venueSymbol, priceDecimals, quantityDecimals, calendar } = instrument;
  return { key, venueSymbol, priceDecimals, quantityDecimals, calendar };
}

function isInstrumentRow(value: unknown): value is InstrumentRow {
  return (
    isRecord(value) &&
    typeof value['key'] === 'string' &&
    typeof value['venueSymbol'] === 'string' &&
    Number.isInteger(value['priceDecimals']) &&
    Number.isInteger(value['quantityDecimals']) &&
    typeof value['calendar'] === 'string'
  );
}
