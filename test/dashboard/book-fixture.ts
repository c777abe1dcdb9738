import { HttpError } from '@tickwright/http';
import type { Route } from '@tickwright/http';
import { decimal } from '@tickwright/trading';
import type {
  Account,
  ClosedTrade,
  EquityPoint,
  Fill,
  MarkedPosition,
  Order,
  OrderReasonCode,
  OrderState,
  Signal,
} from '@tickwright/trading';
import type { InstrumentKey, Interval } from '@tickwright/market';
import { candlesOf, random } from './market-fixture.ts';
import type { MarketFixture } from './market-fixture.ts';
import type { Situation } from './pages-server.ts';

export interface BookOptions {
  readonly market: MarketFixture;
  readonly situation: Situation;
  readonly changes: { path: string; body: unknown }[];
}

const STRATEGIES = ['pixityAI_meta@15m', 'rsi_reversal@5m', 'opening_range@5m', 'moving_average_cross@1m'];
const STEPS: Readonly<Record<string, number>> = {
  '1m': 1,
  '3m': 3,
  '5m': 5,
  '15m': 15,
  '30m': 30,
  '1h': 60,
  '4h': 240,
  '1d': 1440,
};
const text = { type: 'string', description: 'text' } as const;
const whole = { type: 'integer', description: 'number' } as const;
const ROWS = {
  instrument: text,
  strategy: text,
  state: text,
  from: whole,
  to: whole,
  limit: whole,
  suppressed: text,
};

interface Book {
  readonly orders: Order[];
  readonly fills: Fill[];
  readonly trades: ClosedTrade[];
  readonly signals: Signal[];
  readonly equity: EquityPoint[];
}

/** Orders, fills, positions and the rest, in the shapes of the ledger. */
export function bookRoutes({ market, situation, changes }: BookOptions): Route[] {
  const book = bookOf(market);
  const disabled = new Set<string>();
  const get = (path: string, handler: Route['handler'], query: Route['query'] = ROWS): Route => ({
    method: 'GET',
    path: `/api/v1/${path}`,
    summary: path,
    query,
    handler,
  });
  const filtered =
    <Row extends { instrument: string; strategy: string }>(rows: readonly Row[]): Route['handler'] =>
    async ({ query: { instrument, strategy, state, limit } }) =>
      rows
        .filter(
          (row) =>
            (instrument === undefined || row.instrument === instrument) &&
            (strategy === undefined || row.strategy === strategy) &&
            (state === undefined || ('state' in row && row.state === state)),
        )
        .slice(0, Number(limit ?? 200));
  const post = (path: string, work: (id: string) => void = () => undefined): Route => ({
    method: 'POST',
    path: `/api/v1/${path}`,
    summary: path,
    handler: async ({ params, body }) => {
      work(params['id'] ?? '');
      changes.push({ path, body });
      return { ok: true };
    },
  });
  return [
    get(
      'candles',
      async ({ query }) => {
        const row = market.rows.find(({ symbol }) => symbol === query['instrument']);
        const minutes = STEPS[String(query['interval'])];
        if (row === undefined)
          throw new HttpError(404, `no instrument "${String(query['instrument'])}" is known here`);
        if (minutes === undefined)
          throw new HttpError(400, 'parameter "interval" must be one of 1m, 3m, 5m, 15m');
        const now = Date.now();
        const all = candlesOf({
          seed: market.rows.indexOf(row) + 1,
          last: row.last_price ?? 100,
          count: 1_500,
          toMs: now,
          stepMs: minutes * 60_000,
        });
        const to = Number(query['to'] ?? Infinity);
        const older = all.filter(({ openMicros }) => openMicros < to);
        const candles = older.slice(-Number(query['limit'] ?? 500));
        const gapAt = (now - 40 * minutes * 60_000) * 1_000;
        return {
          instrument: row.symbol,
          interval: query['interval'],
          calendar: 'always',
          candles,
          gaps: [
            { fromMicros: gapAt, toMicros: gapAt + 4 * minutes * 60e6, cause: 'disconnect', state: 'open' },
          ],
          more: older.length > candles.length,
        };
      },
      { instrument: text, interval: text, to: whole, from: whole, limit: whole },
    ),
    get('signals', filtered(book.signals)),
    get('orders', filtered(book.orders)),
    get('orders/{id}', async ({ params }) => {
      const order = book.orders.find(({ id }) => id === params['id']);
      if (order === undefined) throw new HttpError(404, 'there is no such order');
      const waitingFor =
        order.state === 'working'
          ? 'limit 1,402.5 not crossed: lowest since 1,403.1, 14 candles looked at'
          : null;
      return {
        order,
        changes: [
          {
            seq: 1,
            timeMicros: order.createdMicros,
            order: { ...order, state: 'working', code: 'accepted', reason: 'accepted' },
          },
          { seq: 2, timeMicros: order.createdMicros + 2e6, order },
        ],
        waitingFor,
      };
    }),
    get('fills', filtered(book.fills)),
    get('trades', filtered(book.trades)),
    get('positions', async () => ({ account: accountOf(situation), positions: positionsOf(market) })),
    get('equity', async () => book.equity),
    get('strategies', async () =>
      STRATEGIES.map((id, index) => strategyOf(id, index, market, book, disabled)),
    ),
    get('notices', async () => noticesOf(market)),
    post('kill', () => (situation.killed = true)),
    post('resume', () => (situation.killed = false)),
    post('flatten'),
    post('orders/{id}/cancel'),
    post('strategies/{id}/enable', (id) => disabled.delete(id)),
    post('strategies/{id}/disable', (id) => disabled.add(id)),
    post('notices/{id}/acknowledge'),
  ];
}

function accountOf({ killed }: Situation): Account {
  return {
    currency: 'INR',
    initialCash: decimal('1000000'),
    cash: decimal('684210.35'),
    realizedPnl: decimal('9120.5'),
    fees: decimal('1432.18'),
    unrealizedPnl: decimal('-2188.4'),
    equity: decimal('1005499.92'),
    exposure: decimal('321289.57'),
    buyingPower: decimal('684210.35'),
    day: '2026-11-20',
    dayStartEquity: decimal('1003120'),
    dayPnl: decimal('2379.92'),
    killed,
    killReason: killed ? 'by hand' : null,
  };
}

function positionsOf(market: MarketFixture): MarkedPosition[] {
  return market.rows
    .filter(({ position }) => position !== '0')
    .slice(0, 14)
    .map((row, index) => {
      const average = Math.round((row.last_price ?? 0) * (0.99 + index / 600) * 100) / 100;
      const quantity = Number(row.position);
      return {
        strategy: STRATEGIES[index % STRATEGIES.length] ?? '',
        instrument: row.symbol,
        quantity: decimal(row.position),
        cost: decimal((average * quantity).toFixed(2)),
        averagePrice: decimal(average.toFixed(2)),
        realizedPnl: decimal(index % 3 === 0 ? '412.5' : '0'),
        fees: decimal('31.24'),
        openedMicros: (Date.now() - index * 660_000) * 1_000,
        markPrice: decimal(String(row.last_price ?? 0)),
        markMicros: Date.now() * 1_000,
        unrealizedPnl: decimal((((row.last_price ?? 0) - average) * quantity).toFixed(2)),
        marketValue: decimal(((row.last_price ?? 0) * quantity).toFixed(2)),
      };
    });
}

const STATES: readonly [OrderState, OrderReasonCode, string][] = [
  ['filled', 'filled', 'filled whole at the candle’s open'],
  ['filled', 'filled', 'filled whole at the candle’s open'],
  ['working', 'accepted', 'waits at the paper venue'],
  ['rejected', 'exposure-limit', 'exposure would be 612,400.00, the limit is 500,000.00'],
  ['cancelled', 'replaced', 'a newer signal of rsi_reversal@5m replaced it'],
  ['expired', 'session-ended', 'a day order: the session ended at 15:30'],
  ['rejected', 'price-off-tick', 'limit 1402.53 is no multiple of the tick size 0.05'],
];

function bookOf(market: MarketFixture): Book {
  const next = random(11);
  const nowMicros = Date.now() * 1_000;
  const count = market.rows.length === 0 ? 0 : 90;
  const at = (index: number): number => nowMicros - index * 173e6;
  const instrumentAt = (index: number): InstrumentKey =>
    market.rows[(index * 7) % market.rows.length]?.symbol as InstrumentKey;
  const orders: Order[] = [];
  const fills: Fill[] = [];
  const trades: ClosedTrade[] = [];
  const signals: Signal[] = [];
  for (let index = 0; index < count; index += 1) {
    const [state, code, reason] = STATES[index % STATES.length] as (typeof STATES)[number];
    const side = next() < 0.5 ? 'buy' : 'sell';
    const quantity = decimal(1 + Math.floor(next() * 60));
    const price = (20 + next() * 3_000).toFixed(2);
    const value = decimal((Number(price) * Number(quantity)).toFixed(2));
    const strategy = STRATEGIES[index % STRATEGIES.length] ?? '';
    const instrument = instrumentAt(index);
    const isFilled = state === 'filled';
    const common = { strategy, instrument };
    orders.push({
      ...common,
      id: `o-${count - index}`,
      side,
      type: index % 3 === 2 ? 'limit' : 'market',
      validity: 'day',
      quantity,
      limitPrice: index % 3 === 2 ? decimal(price) : null,
      stopPrice: null,
      reduceOnly: false,
      origin: 'signal',
      signalId: `s-${count - index}`,
      commandId: null,
      state,
      createdSeq: 1_000 - index,
      createdMicros: at(index),
      decidedMicros: at(index),
      activeMicros: at(index),
      expiresMicros: null,
      isTriggered: false,
      filledQuantity: isFilled ? quantity : decimal(0),
      filledValue: isFilled ? value : decimal(0),
      averagePrice: isFilled ? decimal(price) : null,
      fees: decimal(isFilled ? '12.4' : '0'),
      code,
      reason,
    });
    if (isFilled)
      fills.push({
        ...common,
        id: `f-${count - index}`,
        seq: 1_000 - index,
        timeMicros: at(index),
        marketMicros: at(index),
        orderId: `o-${count - index}`,
        side,
        quantity,
        price: decimal(price),
        value,
        liquidity: 'taker',
        fees: decimal('12.4'),
        feeLines: [],
        rule: 'open',
        slippage: decimal('0.05'),
      });
    const direction = side === 'buy' ? 'long' : 'short';
    signals.push({
      ...common,
      id: `s-${count - index}`,
      seq: 1_000 - index,
      interval: '5m' as Interval,
      direction,
      confidence: 0.4 + next() * 0.6,
      reason: 'RSI 28.4 turned up through 30',
      candleOpenMicros: at(index) - 300e6,
      candleCloseMicros: at(index) - 1e6,
      candleVersion: 5,
      price: decimal(price),
      timeMicros: at(index),
      outcome: 'ordered',
      note: '',
      orderIds: [`o-${count - index}`],
    });
    if (index % 3 === 0) {
      const net = (next() - 0.45) * 900;
      trades.push({
        ...common,
        id: `t-${count - index}`,
        seq: 1_000 - index,
        direction,
        quantity,
        entryMicros: at(index) - 2_400e6,
        exitMicros: at(index),
        entryPrice: decimal(price),
        exitPrice: decimal((Number(price) * (1 + net / 40_000)).toFixed(2)),
        grossPnl: decimal((net + 24.8).toFixed(2)),
        fees: decimal('24.8'),
        netPnl: decimal(net.toFixed(2)),
        fills: 2,
      });
    }
  }
  const equity: EquityPoint[] = [];
  for (let index = 0, value = 1_000_000; index < (count === 0 ? 0 : 900); index += 1) {
    value += (next() - 0.492) * 420;
    const amount = decimal(value.toFixed(2));
    equity.push({
      seq: index,
      timeMicros: nowMicros - (900 - index) * 60e6,
      cash: amount,
      equity: amount,
      realizedPnl: decimal(0),
      unrealizedPnl: decimal(0),
      fees: decimal(0),
      exposure: decimal((200_000 + next() * 60_000).toFixed(2)),
    });
  }
  return { orders, fills, trades, signals, equity };
}

function strategyOf(
  id: string,
  index: number,
  market: MarketFixture,
  book: Book,
  disabled: ReadonlySet<string>,
): object {
  const [use = '', interval = ''] = id.split('@');
  const statuses = ['running', 'warming', 'running', 'stopped'] as const;
  const instruments = market.rows.slice(index * 3, index * 3 + 12).map((row, at) => {
    const status = disabled.has(id)
      ? 'disabled'
      : index === 3
        ? 'stopped'
        : at === 2
          ? 'warming'
          : (statuses[index === 1 ? 1 : 0] ?? 'running');
    const warmUp = 30;
    return {
      strategy: id,
      use,
      instrument: row.symbol,
      interval,
      status,
      reason:
        status === 'warming'
          ? `${9 + at} of 30 candles`
          : status === 'stopped'
            ? 'onCandle threw: Cannot read properties of undefined (reading "close")'
            : status === 'disabled'
              ? 'by hand'
              : '',
      warmUp,
      candles: status === 'warming' ? 9 + at : 30,
      lastCandleMicros: Date.now() * 1_000 - 60e6,
      lastSignalId: null,
    };
  });
  const own = book.signals.filter(({ strategy }) => strategy === id);
  return {
    id,
    use,
    description: [
      'Weighs the votes of member strategies and signals with a confidence.',
      'Buys what was sold too far, by the relative strength index.',
      'Follows a break out of the first range of the session.',
      'Crosses of two moving averages.',
    ][index],
    interval,
    isEnabled: !disabled.has(id),
    parameters:
      index === 0
        ? {
            members: ['rsi_reversal', 'opening_range', 'vwap_reversion'],
            weights: [1, 0.8, 0.6],
            threshold: 0.55,
          }
        : { length: 14, low: 30, high: 70 },
    path: index === 3 ? 'strategies/moving-average-cross.ts' : null,
    warmUp: 30,
    instruments,
    signals: own.length,
    lastSignal: own[0] ?? null,
    error: index === 3 ? 'onCandle threw: Cannot read properties of undefined (reading "close")' : null,
  };
}

function noticesOf(market: MarketFixture): object[] {
  const now = Date.now();
  const row = market.rows[3]?.symbol ?? null;
  return [
    {
      id: 'n-3',
      code: 'strategy-stopped',
      text: 'moving_average_cross@1m is stopped: onCandle threw: Cannot read properties of undefined',
      instrument: row,
      strategy: 'moving_average_cross@1m',
      ts: new Date(now - 240_000).toISOString(),
      acknowledged: false,
    },
    {
      id: 'n-2',
      code: 'order-rejected',
      text: 'exposure would be 612,400.00, the limit is 500,000.00',
      instrument: row,
      strategy: 'rsi_reversal@5m',
      ts: new Date(now - 2_400_000).toISOString(),
      acknowledged: false,
    },
    {
      id: 'n-1',
      code: 'resumed',
      text: 'orders are taken again: by hand',
      instrument: null,
      strategy: null,
      ts: new Date(now - 9_400_000).toISOString(),
      acknowledged: true,
    },
  ];
}
