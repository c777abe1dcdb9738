import type { Candle, EngineEvent } from '@tickwright/trading';

type HistoryEvent = Extract<EngineEvent, { readonly type: 'history' }>;
type Field = keyof Candle;
/** One value, where all candles have the same; else one each. */
type Column = Candle[Field] | readonly Candle[Field][];
type StoredHistory = Omit<HistoryEvent, 'candles'> & {
  readonly count: number;
  readonly columns: Record<Field, Column>;
};

const FIELDS = [
  'openMicros',
  'closeMicros',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'tradeCount',
  'state',
  'isComplete',
  'version',
  'source',
] as const satisfies readonly Field[];

/**
 * An event as the ledger keeps it: JSON. History has its candles field by field: a warm-up is hundreds of thousands of
 * candles, and their fields' names would be most of the ledger and of the time to write it.
 */
export function eventBody(event: EngineEvent): string {
  if (event.type !== 'history') return JSON.stringify(event);
  const { candles, ...head } = event;
  const columns = Object.fromEntries(FIELDS.map((field) => [field, columnOf(candles, field)]));
  return JSON.stringify({ ...head, count: candles.length, columns });
}

/** The event of such a body, exactly as it was. Releases before kept history candle by candle: such bodies are read, too. */
export function eventOf(body: string): EngineEvent {
  const stored = JSON.parse(body) as EngineEvent | StoredHistory;
  if (stored.type !== 'history' || !('columns' in stored)) return stored as EngineEvent;
  const { count, columns, ...head } = stored;
  const candles = Array.from({ length: count }, (_, row) => {
    const fields = FIELDS.map((field) => [field, valueAt(columns[field], row)]);
    return Object.fromEntries(fields) as unknown as Candle;
  });
  return { ...head, candles };
}

function columnOf(candles: readonly Candle[], field: Field): Column {
  const first = candles[0]?.[field] ?? 0;
  return candles.every((candle) => Object.is(candle[field], first))
    ? first
    : candles.map((candle) => candle[field]);
}

function valueAt(column: Column, row: number): Candle[Field] | undefined {
  return Array.isArray(column) ? (column as readonly Candle[Field][])[row] : (column as Candle[Field]);
}
