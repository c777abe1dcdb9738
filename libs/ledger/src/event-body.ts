import type { Candle, EngineEvent } from '@tickwright/trading';
import { numbersOf, stepsOf } from './number-steps.ts';
import type { NumberSteps } from './number-steps.ts';

type HistoryEvent = Extract<EngineEvent, { readonly type: 'history' }>;
type Field = keyof Candle;
/** One value, where all candles have the same; numbers by their steps, where these give them back exactly; else one each. */
type Column = Candle[Field] | NumberSteps | readonly Candle[Field][];
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
  return JSON.stringify({ ...head, count: candles.length, columns: columnsOf(candles) });
}

/** The event of such a body, exactly as it was. Releases before kept history candle by candle, or each number as it is: read, too. */
export function eventOf(body: string): EngineEvent {
  const stored = JSON.parse(body) as EngineEvent | StoredHistory;
  if (stored.type !== 'history' || !('columns' in stored)) return stored as EngineEvent;
  const { count, columns, ...head } = stored;
  const values = FIELDS.map((field) => [field, valuesOf(columns[field], count)] as const);
  const candles = Array.from({ length: count }, (_, row) => {
    const fields = values.map(([field, column]) => [field, column[row]]);
    return Object.fromEntries(fields) as unknown as Candle;
  });
  return { ...head, candles };
}

function columnsOf(candles: readonly Candle[]): Record<Field, Column> {
  const { state, isComplete, source, ...numbers } = fieldsOf(candles);
  const columns = Object.entries(numbers).map(([field, values]) => [field, numberColumn(values)]);
  return {
    ...(Object.fromEntries(columns) as Record<keyof typeof numbers, Column>),
    state: columnOf(state),
    isComplete: columnOf(isComplete),
    source: columnOf(source),
  };
}

/** One loop that names each field: asked for by name, a field of hundreds of thousands of candles takes twice as long. */
function fieldsOf(candles: readonly Candle[]) {
  const numbers = () => new Float64Array(candles.length);
  const fields = {
    openMicros: numbers(),
    closeMicros: numbers(),
    open: numbers(),
    high: numbers(),
    low: numbers(),
    close: numbers(),
    volume: numbers(),
    tradeCount: numbers(),
    version: numbers(),
    state: candles.map((candle) => candle.state),
    isComplete: candles.map((candle) => candle.isComplete),
    source: candles.map((candle) => candle.source),
  };
  for (let row = 0; row < candles.length; row++) {
    const candle = candles[row];
    fields.openMicros[row] = candle.openMicros;
    fields.closeMicros[row] = candle.closeMicros;
    fields.open[row] = candle.open;
    fields.high[row] = candle.high;
    fields.low[row] = candle.low;
    fields.close[row] = candle.close;
    fields.volume[row] = candle.volume;
    fields.tradeCount[row] = candle.tradeCount;
    fields.version[row] = candle.version;
  }
  return fields;
}

function columnOf(values: readonly Candle[Field][]): Column {
  const [first = 0] = values;
  return values.every((value) => value === first) ? first : values;
}

function numberColumn(numbers: Float64Array): Column {
  const [first = 0] = numbers;
  let at = 1;
  while (at < numbers.length && numbers[at] === first) at++;
  return at >= numbers.length && first !== 0 ? first : (stepsOf(numbers) ?? [...numbers]);
}

function valuesOf(column: Column, count: number): readonly Candle[Field][] {
  if (Array.isArray(column)) return column as readonly Candle[Field][];
  if (typeof column === 'object') return numbersOf(column as NumberSteps, count);
  return Array<Candle[Field]>(count).fill(column);
}
