import type {
  Account,
  ClosedTrade,
  Consumed,
  EngineEvent,
  EquityPoint,
  Fill,
  Notice,
  OrderChange,
  Signal,
  StateRow,
  StrategyState,
  SuppressedVote,
} from '@tickwright/trading';
import { eventBody } from './event-body.ts';
import type { AlertRow, AlertStep, RunRow } from './ledger-entry.ts';
import { real, text, whole } from './ledger-table.ts';
import type { Table } from './ledger-table.ts';

/** Raised with every change that this release's predecessors could not read. 2: history is kept field by field. 3: and its numbers by their steps. */
export const LEDGER_SCHEMA_VERSION = 3;

/** What an event caused, with the event's number and time. */
export interface Caused<T> {
  readonly seq: number;
  readonly timeMicros: number;
  readonly value: T;
}

const seq = whole<{ readonly seq: number }>('seq', (row) => row.seq);
const time = whole<{ readonly timeMicros: number }>('time_micros', (row) => row.timeMicros);
/** The whole row as it was made; the columns beside it are for looking things up. */
const body = text<object>('body', (row) => JSON.stringify(row));
const causedBody = text<Caused<unknown>>('body', (row) => JSON.stringify(row.value));

const runs: Table<RunRow> = {
  name: 'runs',
  columns: [
    text('run_id', (row) => row.runId),
    seq,
    time,
    text('mode', (row) => row.mode),
    text('release', (row) => row.release),
    // The book as the run found it: with the run's events it gives the run again.
    text('state', (row) => JSON.stringify(row.state)),
  ],
};

const events: Table<EngineEvent> = {
  name: 'events',
  columns: [
    seq,
    time,
    text('type', (row) => row.type),
    text('instrument', (row) => ('instrument' in row ? (row.instrument ?? '') : '')),
    text('interval', (row) => ('interval' in row ? row.interval : '')),
    text('phase', (row) => (row.type === 'candle' ? row.phase : row.type === 'history' ? 'history' : '')),
    text('candle_state', (row) => (row.type === 'candle' ? row.candle.state : '')),
    whole('open_micros', (row) => (row.type === 'candle' ? row.candle.openMicros : -1)),
    whole('version', (row) => (row.type === 'candle' ? row.candle.version : -1)),
    text('body', eventBody),
  ],
};

const consumed: Table<Caused<Consumed>> = {
  name: 'consumed',
  columns: [
    seq,
    text('strategy', (row) => row.value.strategy),
    text('instrument', (row) => row.value.instrument),
    text('interval', (row) => row.value.interval),
    whole('open_micros', (row) => row.value.openMicros),
    whole('version', (row) => row.value.version),
  ],
};

const signals: Table<Signal> = {
  name: 'signals',
  columns: [
    text('id', (row) => row.id),
    seq,
    time,
    text('strategy', (row) => row.strategy),
    text('instrument', (row) => row.instrument),
    text('interval', (row) => row.interval),
    text('direction', (row) => row.direction),
    real('confidence', (row) => row.confidence),
    whole('candle_open_micros', (row) => row.candleOpenMicros),
    whole('candle_close_micros', (row) => row.candleCloseMicros),
    text('outcome', (row) => row.outcome),
    body,
  ],
};

const suppressed: Table<SuppressedVote> = {
  name: 'suppressed',
  columns: [
    seq,
    time,
    text('strategy', (row) => row.strategy),
    text('instrument', (row) => row.instrument),
    text('code', (row) => row.code),
    body,
  ],
};

const orders: Table<OrderChange> = {
  name: 'orders',
  columns: [
    text('id', (row) => row.order.id),
    seq,
    time,
    text('strategy', (row) => row.order.strategy),
    text('instrument', (row) => row.order.instrument),
    text('state', (row) => row.order.state),
    text('code', (row) => row.order.code),
    body,
  ],
};

const fills: Table<Fill> = {
  name: 'fills',
  columns: [
    text('id', (row) => row.id),
    seq,
    time,
    text('order_id', (row) => row.orderId),
    text('strategy', (row) => row.strategy),
    text('instrument', (row) => row.instrument),
    text('side', (row) => row.side),
    text('quantity', (row) => row.quantity),
    text('price', (row) => row.price),
    text('fees', (row) => row.fees),
    body,
  ],
};

const trades: Table<ClosedTrade> = {
  name: 'trades',
  columns: [
    text('id', (row) => row.id),
    seq,
    whole('time_micros', (row) => row.exitMicros),
    text('strategy', (row) => row.strategy),
    text('instrument', (row) => row.instrument),
    text('net_pnl', (row) => row.netPnl),
    body,
  ],
};

const accounts: Table<Caused<Account>> = { name: 'accounts', columns: [seq, time, causedBody] };

const equity: Table<EquityPoint> = {
  name: 'equity',
  columns: [
    seq,
    time,
    text('cash', (row) => row.cash),
    text('equity', (row) => row.equity),
    text('realized_pnl', (row) => row.realizedPnl),
    text('unrealized_pnl', (row) => row.unrealizedPnl),
    text('fees', (row) => row.fees),
    text('exposure', (row) => row.exposure),
  ],
};

const strategies: Table<Caused<StrategyState>> = {
  name: 'strategy_states',
  columns: [
    seq,
    time,
    text('strategy', (row) => row.value.strategy),
    text('instrument', (row) => row.value.instrument),
    text('status', (row) => row.value.status),
    causedBody,
  ],
};

const notices: Table<Caused<Notice>> = {
  name: 'notices',
  columns: [seq, time, text('code', (row) => row.value.code), causedBody],
};

const state: Table<Caused<StateRow>> = {
  name: 'state',
  columns: [
    seq,
    text('state_key', (row) => row.value.key),
    // JSON's null says that the part is gone: the engine's functions pass over NULLs.
    text('value', (row) => JSON.stringify(row.value.value)),
  ],
};

const alerts: Table<AlertRow> = {
  name: 'alerts',
  columns: [
    text('id', (row) => row.id),
    time,
    text('kind', (row) => row.kind),
    text('severity', (row) => row.severity),
    text('message', (row) => row.text),
    text('instrument', (row) => row.instrument ?? ''),
    text('strategy', (row) => row.strategy ?? ''),
  ],
};

const alertSteps: Table<AlertStep> = {
  name: 'alert_steps',
  columns: [text('id', (row) => row.id), time, text('step', (row) => row.step)],
};

export const tables = {
  runs,
  events,
  consumed,
  signals,
  suppressed,
  orders,
  fills,
  trades,
  accounts,
  equity,
  strategies,
  notices,
  state,
  alerts,
  alertSteps,
} as const;
