import { ApiError } from './api-error.ts';
import type {
  Account,
  ClosedTrade,
  EquityPoint,
  Fill,
  MarkedPosition,
  Order,
  OrderChange,
  Signal,
} from '@tickwright/trading';
import type {
  CandlesAnswer,
  GapRow,
  InstrumentRow,
  NoticeRow,
  Overview,
  ScannerAnswer,
  StrategyRow,
  TickRow,
} from './answers.ts';
import { getJson, postJson } from './rest.ts';
import type { Query } from './rest.ts';

/** The runner hands these on to the ingestor, with the token it needs. */
const INGESTOR = '/api/v1/ingestor';

export async function overview(): Promise<Overview> {
  return getJson<Overview>('/api/v1/overview');
}

export async function scannerRows(): Promise<ScannerAnswer> {
  const answer = await getJson<ScannerAnswer>('/api/v1/scanner');
  list(answer.rows, '/api/v1/scanner');
  return answer;
}

export async function instruments(): Promise<readonly InstrumentRow[]> {
  return list(await getJson<readonly InstrumentRow[]>(`${INGESTOR}/instruments`), 'instruments');
}

export interface RowQuery {
  readonly instrument?: string;
  readonly strategy?: string;
  readonly limit?: number;
  readonly state?: string;
}

async function rows<Row>(name: string, query: RowQuery = {}): Promise<readonly Row[]> {
  return list(await getJson<readonly Row[]>(`/api/v1/${name}`, { query: { ...query } }), name);
}

export const signals = (query?: RowQuery): Promise<readonly Signal[]> => rows('signals', query);
export const orders = (query?: RowQuery): Promise<readonly Order[]> => rows('orders', query);
export const fills = (query?: RowQuery): Promise<readonly Fill[]> => rows('fills', query);
export const trades = (query?: RowQuery): Promise<readonly ClosedTrade[]> => rows('trades', query);
export const equity = (query?: RowQuery): Promise<readonly EquityPoint[]> => rows('equity', query);
export const strategies = (): Promise<readonly StrategyRow[]> => rows('strategies');
export const notices = (query?: RowQuery): Promise<readonly NoticeRow[]> => rows('notices', query);

export async function positions(): Promise<{
  readonly account: Account;
  readonly positions: readonly MarkedPosition[];
}> {
  return getJson('/api/v1/positions');
}

export interface OrderAnswer {
  readonly order: Order;
  readonly changes: readonly OrderChange[];
  readonly waitingFor: string | null;
}

export async function order(id: string): Promise<OrderAnswer> {
  return getJson(`/api/v1/orders/${encodeURIComponent(id)}`);
}

export interface CandleQuery extends Query {
  readonly instrument: string;
  readonly interval: string;
  /** Microseconds UTC, exclusive. */
  readonly to?: number;
  readonly limit?: number;
}

export async function candles(query: CandleQuery): Promise<CandlesAnswer> {
  return getJson('/api/v1/candles', { query });
}

export async function ticks(instrument: string, last: number): Promise<readonly TickRow[]> {
  return list(await getJson(`${INGESTOR}/ticks`, { query: { instrument, last } }), 'ticks');
}

export async function gaps(): Promise<readonly GapRow[]> {
  return list(await getJson(`${INGESTOR}/gaps`), 'gaps');
}

/** A change by hand, in the runner or (with `ingestor/` before it) in the ingestor. */
export async function change(path: string, body: object = {}, query: Query = {}): Promise<unknown> {
  return postJson(`/api/v1/${path}`, { body, query, timeoutMs: 30_000 });
}

/** An answer that is no list would fail somewhere later, where nobody knows why. */
function list<Row>(answer: readonly Row[], path: string): readonly Row[] {
  if (Array.isArray(answer)) return answer;
  throw new ApiError({ kind: 'answer', message: `${path} answered with something that is no list` });
}
