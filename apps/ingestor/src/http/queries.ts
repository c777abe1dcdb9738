import { calendars } from '@tickwright/market';
import type { Gap } from '@tickwright/market';
import type { TickRow } from '@tickwright/store';
import type { Core } from '../core.ts';
import type { Turns } from './turns.ts';

/** A stored tick as the API and the command line show it. */
export interface TickJson {
  /** ISO 8601, UTC, microseconds where there are any. */
  readonly eventTime: string;
  readonly receiveTime: string;
  readonly price: number;
  readonly quantity: number;
  readonly side: string;
  readonly tradeId: number | null;
  readonly offset: number;
}

export interface TickQuery {
  readonly instrument: string;
  /** Event times, microseconds UTC: [from, to). */
  readonly fromMicros?: number;
  readonly toMicros?: number;
  /** Only the newest so many. */
  readonly last?: number;
  readonly signal?: AbortSignal;
}

/** Everything a core can be asked about its ticks is stored first, so that the answer holds what has been received. */
async function stored(core: Core): Promise<void> {
  await core.flusher.flush();
}

/** Ticks in order of event time, trade id, offset. */
export async function* readTicks(core: Core, query: TickQuery): AsyncGenerator<TickJson[]> {
  await stored(core);
  for await (const rows of core.tickFile.readTicks(query)) yield rows.map(tickJson);
}

/**
 * As `readTicks`, for clients that may be many and slow: a few of them at a time. The others wait, so that neither the
 * event loop nor the connections that the ingestor itself reads with are all theirs.
 */
export async function* readTicksInTurn(
  core: Core,
  query: TickQuery,
  { turns, signal }: { readonly turns: Turns; readonly signal: AbortSignal },
): AsyncGenerator<TickJson[]> {
  const giveBack = await turns.take(signal);
  try {
    yield* readTicks(core, { ...query, signal });
  } finally {
    giveBack();
  }
}

export async function countTicks(core: Core, query: Omit<TickQuery, 'last'>): Promise<number> {
  await stored(core);
  return core.tickFile.countTicks(query);
}

/** The gap ledger, open gaps first, then newest first. */
export function gapsOf(core: Core): readonly Gap[] {
  return core.pipeline.gaps.list();
}

export function instrumentsOf(core: Core): object[] {
  const { deduplicator } = core.pipeline;
  return core.instruments.list().map((instrument, index) => {
    const session = calendars(instrument.calendar).sessionAt(deduplicator.lastEventMicros(index));
    return {
      key: instrument.key,
      venueSymbol: instrument.venueSymbol,
      priceDecimals: instrument.priceDecimals,
      quantityDecimals: instrument.quantityDecimals,
      calendar: instrument.calendar,
      lastTickTime: timeOrNull(deduplicator.lastEventMicros(index)),
      lastTradeId: positiveOrNull(deduplicator.lastTradeId(index)),
      sessionDate: session?.date ?? null,
    };
  });
}

function tickJson(row: TickRow): TickJson {
  return {
    eventTime: isoMicros(row.eventTime),
    receiveTime: isoMicros(row.receiveTime),
    price: row.price,
    quantity: row.quantity,
    side: row.side,
    tradeId: row.tradeId,
    offset: row.offset,
  };
}

/** ISO 8601 UTC with milliseconds, and microseconds where there are any. */
export function isoMicros(micros: number): string {
  const iso = new Date(Math.floor(micros / 1_000)).toISOString();
  const rest = micros % 1_000;
  return rest === 0 ? iso : `${iso.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

function timeOrNull(micros: number): string | null {
  return micros > 0 ? isoMicros(micros) : null;
}

function positiveOrNull(value: number): number | null {
  return value >= 0 ? value : null;
}
