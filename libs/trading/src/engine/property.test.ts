import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldFills } from '../book/fold-fills.ts';
import type { Command } from '../contract/event.ts';
import { decimal, Exact } from '../decimal.ts';
import type { Big } from '../decimal.ts';
import {
  ALPHA,
  BETA,
  EngineRig,
  configOf,
  minute,
  requestOf,
  rulesOf,
  strategyOf,
} from '../testing/engine-rig.ts';
import { scriptedStrategy } from '../testing/scripted-strategy.ts';

/** One thing that happens; `n` is a number to make it of. */
interface Happening {
  readonly kind: 'candle' | 'tick' | 'order' | 'command' | 'data' | 'clock' | 'restart' | 'revision';
  readonly isBeta: boolean;
  readonly n: number;
}

const happenings = fc.array(
  fc.record({
    kind: fc.constantFrom<Happening['kind']>(
      ...(['candle', 'candle', 'candle', 'candle', 'candle', 'tick', 'tick', 'tick'] as const),
      ...(['order', 'order', 'order', 'order'] as const),
      ...(['command', 'data', 'clock', 'restart', 'revision'] as const),
    ),
    isBeta: fc.noBias(fc.boolean()),
    n: fc.noBias(fc.nat(1_000_000)),
  }),
  { minLength: 40, maxLength: 90, size: 'max' },
);

const script = {
  votes: Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => [
      minute(n * 2),
      (['long', 'short', 'flat'] as const)[(n * 7) % 3] ?? 'flat',
    ]),
  ),
  warmUp: 2,
};

function configFor(on: 'ticks' | 'candles') {
  return configOf({
    strategies: [
      strategyOf({ use: 'scripted', id: 'a', parameters: script, instruments: [ALPHA, BETA] }),
      strategyOf({ use: 'scripted', id: 'b', parameters: { votes: script.votes } }),
    ],
    instruments: [
      rulesOf(ALPHA, { fees: 'nse-intraday' }),
      rulesOf(BETA, { fees: 'nse-delivery', canShort: false }),
    ],
    fills: { on, interval: '1m', slippageBps: decimal('3'), participation: decimal('0.2'), latencyMs: 250 },
    risk: { ...configOf().risk, maxDailyLoss: decimal('2000'), maxPositionValue: decimal('30000') },
    squareOff: '10:30',
  });
}

/** Plays happenings, with a run that begins anew wherever it says so. `isKilled`: by a new engine from the ledger's rows. */
function play(
  list: readonly Happening[],
  options: { on: 'ticks' | 'candles'; isKilled: boolean },
): EngineRig {
  const rig = new EngineRig([scriptedStrategy()]);
  const config = configFor(options.on);
  rig.start(config);
  let at = 0;
  for (const { kind, isBeta, n } of list) {
    const instrument = isBeta ? BETA : ALPHA;
    const price = 100 + ((n % 41) - 20) * 0.05;
    const prices = [price, price + (n % 7) * 0.05, price - (n % 5) * 0.05, price, (n % 200) + 20] as const;
    switch (kind) {
      case 'candle':
        at += 1;
        rig.candle(minute(at), prices, { instrument, isComplete: n % 9 !== 0 });
        break;
      case 'revision':
        rig.candle(minute(at), prices, { instrument, state: 'revised', version: minute(at) + n });
        break;
      case 'tick':
        rig.tick(minute(at) + 60_000_000 + (n % 1000), price, n % 50, instrument);
        break;
      case 'order':
        rig.command({ kind: 'place-order', request: randomRequest(n, instrument) });
        break;
      case 'command':
        rig.command(randomCommand(n));
        break;
      case 'data':
        rig.feed({ type: 'data', instrument, change: { kind: n % 2 ? 'stale' : 'fresh', reason: 'so' } });
        break;
      case 'clock':
        rig.clock(minute(at) + 60_000_000 + (n % 100) * 1_000_000);
        break;
      case 'restart':
        if (options.isKilled) rig.crash();
        rig.start(config);
        break;
    }
  }
  return rig;
}

function randomRequest(n: number, instrument: typeof ALPHA) {
  const type = (['market', 'limit', 'stop', 'stop-limit'] as const)[n % 4] ?? 'market';
  const price = decimal(new Exact(100).plus(new Exact((n % 21) - 10).times('0.05')).toFixed());
  return requestOf({
    instrument,
    type,
    side: Math.floor(n / 8) % 2 === 0 ? 'sell' : 'buy',
    quantity: decimal(String(1 + (n % 37))),
    validity: (['day', 'gtc', 'ioc'] as const)[n % 5] ?? 'day',
    limitPrice: type === 'limit' || type === 'stop-limit' ? price : null,
    stopPrice: type === 'stop' || type === 'stop-limit' ? price : null,
    reduceOnly: n % 11 === 0,
  });
}

function randomCommand(n: number): Command {
  const reason = 'at random';
  const commands: readonly Command[] = [
    n % 3 === 0 ? { kind: 'kill', reason } : { kind: 'resume', reason },
    { kind: 'resume', reason },
    { kind: 'resume', reason },
    { kind: 'flatten', instrument: n % 2 ? ALPHA : null, reason },
    { kind: 'cancel-order', orderId: `o-${n % 30}`, reason },
    { kind: 'disable-strategy', strategy: 'a', reason },
    { kind: 'enable-strategy', strategy: 'a' },
  ];
  return commands[n % commands.length] ?? { kind: 'resume', reason };
}

const numRuns = Number(process.env['TICKWRIGHT_PROPERTY_RUNS'] ?? 6);

/** What the ledger has is what the engine has, and the fills alone give its book. */
function expectFoldsAgree(rig: EngineRig): void {
  expect(rig.folded).toEqual(JSON.parse(JSON.stringify(rig.engine.state())));
  const book = foldFills(decimal('100000'), JSON.parse(JSON.stringify(rig.fills)));
  const account = rig.engine.account();
  const money = [account.cash, account.realizedPnl, account.fees];
  expect([book.cash, book.realizedPnl, book.fees]).toEqual(money);
  const positions = rig.engine.positions();
  for (const position of book.positions) expect(positions).toContainEqual(expect.objectContaining(position));
  expect(positions).toHaveLength(book.positions.length);
}

/** cash + what is held at cost = what there was + realized - fees. */
function expectMoneyIsConserved(rig: EngineRig): void {
  const account = rig.engine.account();
  const cost = rig.engine.positions().reduce((sum, each) => sum.plus(each.cost), new Exact(0));
  expect(cost.plus(account.cash).toFixed()).toBe(
    new Exact('100000').plus(account.realizedPnl).minus(account.fees).toFixed(),
  );
  const beta = rig.engine.positions().filter((position) => position.instrument === BETA);
  for (const position of beta) expect(new Exact(position.quantity).gte(0)).toBe(true);
}

/** Each order is filled at most whole, ends at most once, and always says why it is where it is. */
function expectOrdersEnd(rig: EngineRig): void {
  const changes = rig.outputs.flatMap((output) => output.orders);
  const ended = changes.filter(({ order }) => order.state !== 'working');
  expect(new Set(ended.map(({ order }) => order.id)).size).toBe(ended.length);
  const ids = new Set(changes.map(({ order }) => order.id));
  expect(ended.length + rig.engine.workingOrders().length).toBe(ids.size);
  const filled = new Map<string, Big>();
  for (const fill of rig.fills)
    filled.set(fill.orderId, new Exact(fill.quantity).plus(filled.get(fill.orderId) ?? 0));
  for (const { order } of changes) {
    expect(filled.get(order.id)?.lte(order.quantity) ?? true).toBe(true);
    expect(order.reason).not.toBe('');
  }
}

// More runs: TICKWRIGHT_PROPERTY_RUNS=500.
test.each(['ticks', 'candles'] as const)(
  'with fills on %s, a replay with a kill -9 at every start gives what living through it gave, and the books agree',
  (on) => {
    fc.assert(
      fc.property(happenings, (list) => {
        const lived = play(list, { on, isKilled: false });
        const killed = play(list, { on, isKilled: true });
        expect(killed.events).toEqual(lived.events);
        expect(killed.outputs).toEqual(lived.outputs);
        expect(killed.folded).toEqual(lived.folded);
        expectFoldsAgree(killed);
        const account = lived.engine.account();
        lived.crash();
        lived.start(configFor(on));
        expect(lived.engine.account()).toEqual(account);
        expectMoneyIsConserved(killed);
        expectOrdersEnd(killed);
      }),
      { numRuns },
    );
  },
);
