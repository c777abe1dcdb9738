import { afterEach, describe, expect, test } from 'vitest';
import { generateAggTrades, generateTrades } from './market/script.ts';
import { connect, get, MARKET, NOON, simulatorAt, until } from './simulator-fixture.ts';
import type { Simulator, SimulatorOptions } from './simulator.ts';

const running: Simulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

async function start(options: Partial<SimulatorOptions> = {}) {
  const started = await simulatorAt(NOON, options);
  running.push(started.simulator);
  return started;
}

type Row = Record<string, string | number | boolean>;

async function rows(simulator: Simulator, path: string): Promise<Row[]> {
  const { status, body } = await get(simulator, `/api/v3/${path}`);
  expect(status).toBe(200);
  return body as Row[];
}

describe('REST history', () => {
  test('is what was streamed, value by value', async () => {
    const { simulator, advance } = await start();
    const client = await connect(simulator, '/ws/alpha@trade/alpha@aggTrade');
    await advance(1500);
    await until(() => client.texts.length >= simulator.stats.sent);
    const trades = client.trades().filter(({ e }) => e === 'trade');
    const aggregates = client.trades().filter(({ e }) => e === 'aggTrade');
    const history = await rows(simulator, `historicalTrades?symbol=ALPHA&fromId=${trades[0].t}&limit=1000`);
    expect(
      history.map((row) => [row['id'], row['price'], row['qty'], row['time'], row['isBuyerMaker']]),
    ).toEqual(trades.map(({ t, p, q, T, m }) => [t, p, q, T, m]));
    const orders = await rows(simulator, `aggTrades?symbol=ALPHA&fromId=${aggregates[0].a}&limit=1000`);
    expect(orders).toEqual(aggregates.map(({ a, p, q, f, l, T, m }) => ({ a, p, q, f, l, T, m, M: true })));
  });

  test('never tells a trade newer than now', async () => {
    const { simulator, advance } = await start();
    for (let turn = 0; turn < 10; turn++) {
      await advance(37);
      const now = NOON + (turn + 1) * 37;
      const newest = await rows(simulator, 'trades?symbol=ALPHA&limit=1');
      const [next] = generateTrades({
        ...MARKET,
        instrument: 'ALPHA',
        fromMicros: (now + 1) * 1000,
        toMicros: (now + 60_000) * 1000,
      });
      expect(newest[0]['id']).toBe(next.id - 1);
      expect(await rows(simulator, `historicalTrades?symbol=ALPHA&fromId=${next.id}`)).toEqual([]);
      expect(await rows(simulator, `aggTrades?symbol=ALPHA&startTime=${now + 1}`)).toEqual([]);
      const [kline] = (await rows(
        simulator,
        'klines?symbol=ALPHA&interval=1m&limit=1',
      )) as unknown as string[][];
      expect(kline[4]).toBe(newest[0]['price']);
    }
  });

  test('pages aggregate trades by id and by time, each once', async () => {
    const { simulator } = await start();
    const from = NOON - 60_000;
    const range = { fromMicros: from * 1000, toMicros: (NOON + 1) * 1000 };
    const expected = [...generateAggTrades({ ...MARKET, instrument: 'ALPHA', ...range })].map(({ id }) => id);
    const paged: number[] = [];
    let page = await rows(simulator, `aggTrades?symbol=ALPHA&startTime=${from}&limit=1000`);
    while (page.length > 0) {
      paged.push(...page.map((row) => Number(row['a'])));
      page = await rows(simulator, `aggTrades?symbol=ALPHA&fromId=${(paged.at(-1) ?? 0) + 1}&limit=1000`);
    }
    expect(expected.length).toBeGreaterThan(2000);
    expect(paged).toEqual(expected);
    const last = await rows(simulator, `aggTrades?symbol=ALPHA&endTime=${NOON}&limit=5`);
    expect(last.map((row) => row['a'])).toEqual(expected.slice(-5));
    const both = await rows(
      simulator,
      `aggTrades?symbol=ALPHA&startTime=${from}&endTime=${from + 100}&limit=7`,
    );
    expect(both.map((row) => row['a'])).toEqual(expected.slice(0, both.length));
  });

  test('gives klines aligned, by start, by end, and the newest', async () => {
    const { simulator } = await start();
    const minute = 60_000;
    const open = (path: string) =>
      rows(simulator, `klines?symbol=BRAVO&${path}`).then((found) =>
        found.map((row) => Object.values(row)[0]),
      );
    expect(await open('interval=1m&limit=3')).toEqual([NOON - 2 * minute, NOON - minute, NOON]);
    expect(await open(`interval=1m&startTime=${NOON - 5 * minute + 1}&limit=2`)).toEqual([
      NOON - 4 * minute,
      NOON - 3 * minute,
    ]);
    expect(await open(`interval=5m&endTime=${NOON - 1}&limit=2`)).toEqual([
      NOON - 10 * minute,
      NOON - 5 * minute,
    ]);
    expect(await open(`interval=1m&startTime=${NOON - 3 * minute}&endTime=${NOON - 2 * minute}`)).toEqual([
      NOON - 3 * minute,
      NOON - 2 * minute,
    ]);
    expect(await open(`interval=1m&startTime=${NOON + 1}`)).toEqual([]);
  });

  test('refuses to fold more than it can in a moment', async () => {
    const { simulator } = await start({ ratePerSecond: 10_000 });
    const { status, body } = await get(simulator, '/api/v3/klines?symbol=ALPHA&interval=1d&limit=30');
    expect([status, (body as { code: number }).code]).toEqual([400, -1127]);
  });

  test.each([
    ['trades?symbol=ZULU', 400, -1121],
    ['trades', 400, -1102],
    ['trades?symbol=al!pha', 400, -1100],
    ['trades?symbol=ALPHA&limit=many', 400, -1100],
    ['trades?symbol=ALPHA&limit=0', 400, -1130],
    ['trades?symbol=ALPHA&fromId=1', 400, -1104],
    ['historicalTrades?symbol=ALPHA&fromId=-1', 400, -1100],
    ['aggTrades?symbol=ALPHA&fromId=1&startTime=1', 400, -1128],
    ['aggTrades?symbol=ALPHA&startTime=2&endTime=1', 400, -1128],
    ['klines?symbol=ALPHA', 400, -1102],
    ['klines?symbol=ALPHA&interval=7m', 400, -1120],
    ['exchangeInfo?symbols=["ALPHA","ZULU"]', 400, -1121],
    ['exchangeInfo?symbols=ALPHA', 400, -1100],
    ['depth?symbol=ALPHA', 404, -1000],
  ])('answers %s as Binance does: %i, %i', async (path, status, code) => {
    const { simulator } = await start();
    const answer = await get(simulator, `/api/v3/${path}`);
    expect([answer.status, (answer.body as { code: number }).code]).toEqual([status, code]);
  });

  test('describes the instruments with grids on which every trade lies', async () => {
    const { simulator } = await start();
    const { body } = await get(simulator, '/api/v3/exchangeInfo?symbol=ALPHA');
    const [symbol] = (body as { symbols: { symbol: string; filters: Record<string, string>[] }[] }).symbols;
    expect(symbol.symbol).toBe('ALPHA');
    const tick = Number(symbol.filters[0]['tickSize']) * 1e8;
    const step = Number(symbol.filters[1]['stepSize']) * 1e8;
    for (const row of await rows(simulator, 'trades?symbol=ALPHA&limit=200')) {
      expect(Number(String(row['price']).replace('.', '')) % tick).toBe(0);
      expect(Number(String(row['qty']).replace('.', '')) % step).toBe(0);
    }
  });

  test('counts weight by the minute and answers 429 with Retry-After beyond the limit', async () => {
    const { simulator, advance } = await start({ weightLimit: 60 });
    await advance(15_000);
    const first = await get(simulator, '/api/v3/trades?symbol=ALPHA&limit=1');
    expect([first.status, first.headers.get('x-mbx-used-weight-1m')]).toEqual([200, '25']);
    await get(simulator, '/api/v3/trades?symbol=ALPHA&limit=1');
    const over = await get(simulator, '/api/v3/trades?symbol=ALPHA&limit=1');
    expect([over.status, over.headers.get('retry-after')]).toEqual([429, '45']);
    expect(over.body).toMatchObject({ code: -1003 });
    await advance(45_000);
    expect((await get(simulator, '/api/v3/ping')).headers.get('x-mbx-used-weight-1m')).toBe('1');
  });
});
