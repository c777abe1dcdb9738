import type { ChangedRow } from './candle-changes.ts';
import type { CandleColumns } from './candle-columns.ts';
import { CandleSource, candleColumns } from './candle-columns.ts';
import type { Hour, Page } from './candle-memory.ts';
import { openTimeOf } from './candle-memory.ts';
import { Part, ROW_SIZE, writeRow } from './candle-row.ts';
import type { InstrumentTable } from '../instrument.ts';
import { MINUTE_MICROS } from '../session/interval.ts';
import { VenuePart, hasVenueCandle, venueAt } from './venue-page.ts';
import { venueStands } from './venue-rule.ts';
import type { VenueSpans } from './venue-spans.ts';

/** Whether no gap overlaps a candle of an instrument number. */
export type IsComplete = (instrument: number, openTime: number, closeTime: number) => boolean;

/** What the candles in memory are read with. */
export interface Reading {
  readonly instruments: InstrumentTable;
  readonly isComplete: IsComplete;
  readonly spans: VenueSpans;
}

/** An hour's candles, sorted by instrument key (string order) and open time. */
export function hourCandles(hour: Hour, reading: Reading): CandleColumns {
  const { instruments } = reading;
  const keyed = [...hour.pages.values()].map((page) => ({ page, key: instruments.at(page.instrument).key }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  const columns = candleColumns(keyed.reduce((sum, { page }) => sum + candlesIn(page), 0));
  for (const { page } of keyed)
    for (let at = 0; at < page.rows.length; at += ROW_SIZE) append(columns, { page, at }, reading);
  return columns;
}

/** A 1m candle that is no more: a venue's own, whose minute ticks tell from now on, which have none there. */
export interface GoneMinute {
  readonly instrument: number;
  readonly openTime: number;
  /** Journal offset of what took its place. */
  readonly version: number;
}

/** Candles as they are now, in the order given; a row that is none any more is told as gone. */
export function candlesAt(
  rows: readonly ChangedRow[],
  reading: Reading,
): { candles: CandleColumns; gone: GoneMinute[] } {
  const candles = candleColumns(rows.length);
  const gone: GoneMinute[] = [];
  for (const row of rows) {
    if (append(candles, row, reading)) continue;
    const { page, at } = row;
    const version = venueValue(page, at, 'version');
    gone.push({ instrument: page.instrument, openTime: openTimeOf(page, at), version });
  }
  return { candles, gone };
}

/** False when there is no candle. */
function append(columns: CandleColumns, { page, at }: ChangedRow, reading: Reading): boolean {
  const { instrument } = page;
  const openTime = openTimeOf(page, at);
  const hasTicks = page.rows[at + Part.state] !== 0;
  const isVenue = hasVenueCandle(page, at);
  if (!hasTicks && !isVenue) return false;
  const isComplete = reading.isComplete(instrument, openTime, openTime + MINUTE_MICROS);
  const stands = isVenue && venueStands({ instrument, openTime, hasTicks, isComplete, spans: reading.spans });
  if (!hasTicks && !stands) return false;
  const to = columns.count++;
  columns.instrument[to] = instrument;
  columns.openTime[to] = openTime;
  writeRow(columns, to, page.rows, at, reading.instruments.at(instrument).quantityDecimals);
  columns.isComplete[to] = isComplete || stands ? 1 : 0;
  columns.source[to] = stands ? CandleSource.venue : CandleSource.ticks;
  if (isVenue) columns.version[to] = Math.max(columns.version[to], venueValue(page, at, 'version'));
  if (stands) writeVenue(columns, to, { page, at });
  return true;
}

/** The venue's candle in place of what the ticks give. It has closed; its changes add to the revisions. */
function writeVenue(columns: CandleColumns, to: number, { page, at }: ChangedRow): void {
  for (const name of ['open', 'high', 'low', 'close', 'volume', 'tradeCount'] as const)
    columns[name][to] = venueValue(page, at, name);
  columns.isClosed[to] = 1;
  columns.revision[to] = Math.max(0, columns.revision[to]) + venueValue(page, at, 'revision');
}

function venueValue(page: Page, at: number, part: keyof typeof VenuePart): number {
  return page.venue?.[venueAt(at) + VenuePart[part]] ?? 0;
}

function candlesIn(page: Page): number {
  let count = 0;
  for (let at = 0; at < page.rows.length; at += ROW_SIZE)
    if (page.rows[at + Part.state] !== 0 || hasVenueCandle(page, at)) count += 1;
  return count;
}
