import { afterEach, describe, expect, test } from 'vitest';
import { generateAggTrades, generateTrades } from './market/script.ts';
import { connect, get, MARKET, NOON, simulatorAt, until, type StreamedTrade } from './simulator-fixture.ts';
import { SimulatorPortError, type Simulator, type SimulatorOptions } from './simulator.ts';

const running: Simulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

async function start(startMs = NOON, options: Partial<SimulatorOptions> = {}) {
  const started = await simulatorAt(startMs, options);
  running.push(started.simulator);
  return started;
}

/** The script's trades with from < time <= to, as the stream tells them. */
function script(symbol: string, fromMs: number, toMs: number): Partial<StreamedTrade>[] {
  const range = { fromMicros: (fromMs + 1) * 1000, toMicros: (toMs + 1) * 1000 };
  return [...generateTrades({ ...MARKET, instrument: symbol, ...range })].map(streamed);
}

function streamed(trade: {
  id: number;
  price: string;
  quantity: string;
  timeMs: number;
  isBuyerMaker: boolean;
}) {
  return { t: trade.id, p: trade.price, q: trade.quantity, T: trade.timeMs, m: trade.isBuyerMaker };
}

function told(trades: readonly StreamedTrade[], symbol: string): Partial<StreamedTrade>[] {
  return trades.filter(({ s }) => s === symbol).map(({ t, p, q, T, m }) => ({ t, p, q, T, m }));
}

describe('the simulated stream', () => {
  test('tells every trade of the script once, in order of time, from the subscription on', async () => {
    const { simulator, advance } = await start();
    const client = await connect(simulator, '/stream?streams=alpha@trade/bravo@trade');
    await advance(3000);
    const expected = [...script('ALPHA', NOON, NOON + 3000), ...script('BRAVO', NOON, NOON + 3000)];
    // Turns come every 15 ms; 3,000 is a multiple.
    await until(() => client.texts.length >= expected.length);
    const trades = client.trades();
    expect(expected.length).toBeGreaterThan(300);
    expect([...told(trades, 'ALPHA'), ...told(trades, 'BRAVO')]).toEqual(expected);
    const times = trades.map((trade) => trade.T);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('tells a new client nothing from before its subscription, even when it streams with a delay', async () => {
    const { simulator, advance } = await start(NOON, { faults: { delay: { ms: 600 } } });
    await connect(simulator, '/ws/alpha@trade');
    await advance(1500);
    const client = await connect(simulator, '/ws/alpha@trade');
    await advance(1500);
    const expected = script('ALPHA', NOON + 1500, NOON + 2400);
    await until(() => client.texts.length >= expected.length);
    expect(told(client.trades(), 'ALPHA')).toEqual(expected);
  });

  test('takes 1,024 streams in the URL', async () => {
    const { simulator } = await start(NOON, { instruments: 1024 });
    const names = simulator.instruments.map(({ symbol }) => `${symbol.toLowerCase()}@aggTrade`);
    const client = await connect(simulator, `/stream?streams=${names.join('/')}`);
    const { result } = await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
    expect(result).toEqual(names);
  });

  test('writes messages as Binance does, raw and combined', async () => {
    const { simulator, advance } = await start();
    const raw = await connect(simulator, '/ws/alpha@trade/alpha@aggTrade');
    const combined = await connect(simulator, '/stream?streams=alpha@trade');
    await advance(600);
    await until(() => raw.texts.length > 2 && combined.texts.length > 1);
    const trade =
      /^\{"e":"trade","E":\d{13},"s":"ALPHA","t":\d+,"p":"\d+\.\d{8}","q":"\d+\.\d{8}","T":\d{13},"m":(true|false),"M":true\}$/;
    const agg =
      /^\{"e":"aggTrade","E":\d{13},"s":"ALPHA","a":\d+,"p":"\d+\.\d{8}","q":"\d+\.\d{8}","f":\d+,"l":\d+,"T":\d{13},"m":(true|false),"M":true\}$/;
    expect(raw.texts.filter((text) => !trade.test(text) && !agg.test(text))).toEqual([]);
    expect(raw.texts.some((text) => agg.test(text))).toBe(true);
    const [first] = combined.texts;
    expect(first.startsWith('{"stream":"alpha@trade","data":{"e":"trade",')).toBe(true);
    expect(trade.test(first.slice('{"stream":"alpha@trade","data":'.length, -1))).toBe(true);
  });

  test('goes on where time is after a restart, and history has what was missed', async () => {
    const first = await start();
    const before = await connect(first.simulator, '/ws/alpha@trade');
    await first.advance(1500);
    await until(() => before.texts.length >= script('ALPHA', NOON, NOON + 1500).length);
    await first.simulator.stop();
    const second = await start(NOON + 2500);
    const after = await connect(second.simulator, '/ws/alpha@trade');
    await second.advance(1500);
    await until(() => after.texts.length >= script('ALPHA', NOON + 2500, NOON + 4000).length);
    const last = before.trades().at(-1)?.t ?? 0;
    const next = after.trades()[0].t;
    const { body } = await get(
      second.simulator,
      `/api/v3/historicalTrades?symbol=ALPHA&fromId=${last + 1}&limit=1000`,
    );
    const missed = (body as { id: number }[]).map(({ id }) => id).filter((id) => id < next);
    expect(missed).toEqual(Array.from({ length: next - last - 1 }, (_, at) => last + 1 + at));
  });

  test('catches up trade by trade when its clock jumps ahead', async () => {
    const { simulator, clock, advance } = await start();
    const client = await connect(simulator, '/ws/alpha@trade');
    clock.set((NOON + 5000) * 1000);
    await advance(15);
    const expected = script('ALPHA', NOON, NOON + 5015);
    await until(() => client.texts.length >= expected.length);
    expect(told(client.trades(), 'ALPHA')).toEqual(expected);
  });

  test('tells nothing while its clock stands back, and nothing twice', async () => {
    const { simulator, clock, advance } = await start();
    const client = await connect(simulator, '/ws/alpha@trade');
    await advance(1500);
    clock.set(NOON * 1000);
    await advance(3000);
    const expected = script('ALPHA', NOON, NOON + 3000);
    await until(() => client.texts.length >= expected.length);
    expect(told(client.trades(), 'ALPHA')).toEqual(expected);
  });

  test('goes across midnight without a hole', async () => {
    const midnight = Date.UTC(2026, 6, 2);
    const { simulator, advance } = await start(midnight - 1500);
    const client = await connect(simulator, '/ws/alpha@trade');
    await advance(3000);
    const expected = script('ALPHA', midnight - 1500, midnight + 1500);
    await until(() => client.texts.length >= expected.length);
    expect(told(client.trades(), 'ALPHA')).toEqual(expected);
  });

  test('serves 2,000 instruments, 1,024 streams a connection', async () => {
    const { simulator, advance } = await start(NOON, { instruments: 2000, ratePerSecond: 5000 });
    const names = simulator.instruments.map(({ symbol }) => `${symbol.toLowerCase()}@aggTrade`);
    const first = await connect(simulator, '/stream');
    const second = await connect(simulator, '/stream');
    expect(await first.request({ method: 'SUBSCRIBE', params: names.slice(0, 1024), id: 1 })).toEqual({
      result: null,
      id: 1,
    });
    expect(await first.request({ method: 'SUBSCRIBE', params: names.slice(1024), id: 2 })).toMatchObject({
      code: 2,
      id: 2,
    });
    expect(await second.request({ method: 'SUBSCRIBE', params: names.slice(1024), id: 3 })).toEqual({
      result: null,
      id: 3,
    });
    expect(simulator.stats.streams).toBe(2000);
    await advance(300);
    await until(() => first.trades().length + second.trades().length === simulator.stats.sent);
    expect(simulator.stats.sent).toBeGreaterThan(300);
    const market = { seed: MARKET.seed, instruments: 2000, ratePerSecond: 5000 };
    const range = { fromMicros: (NOON + 1) * 1000, toMicros: (NOON + 301) * 1000 };
    const expected = [...generateAggTrades({ ...market, ...range, instrument: 'ALPHA' })].map(({ id }) => id);
    expect(
      first
        .trades()
        .filter(({ s }) => s === 'ALPHA')
        .map(({ a }) => a),
    ).toEqual(expected);
  });

  test('cuts off a client that does not read', async () => {
    const { simulator, advance } = await start(NOON, { ratePerSecond: 200_000, maxBufferedBytes: 1_000_000 });
    const client = await connect(simulator, '/ws/alpha@trade/bravo@trade/charlie@trade');
    client.socket.pause();
    for (let round = 0; round < 40 && simulator.stats.cutOff === 0; round++) await advance(150);
    expect(simulator.stats.cutOff).toBe(1);
    client.socket.terminate();
  });

  test('says which port is taken', async () => {
    const { simulator } = await start();
    await expect(start(NOON, { port: simulator.port })).rejects.toThrow(SimulatorPortError);
  });
});

describe('requests over the connection', () => {
  test('subscribe, list, unsubscribe, and change the envelope', async () => {
    const { simulator, advance } = await start();
    const client = await connect(simulator, '/ws');
    expect(
      await client.request({ method: 'SUBSCRIBE', params: ['alpha@trade', 'bravo@aggTrade'], id: 'a' }),
    ).toEqual({
      result: null,
      id: 'a',
    });
    expect(await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 2 })).toEqual({
      result: ['alpha@trade', 'bravo@aggTrade'],
      id: 2,
    });
    expect(await client.request({ method: 'UNSUBSCRIBE', params: ['bravo@aggTrade'], id: null })).toEqual({
      result: null,
      id: null,
    });
    expect(await client.request({ method: 'SET_PROPERTY', params: ['combined', true], id: 4 })).toEqual({
      result: null,
      id: 4,
    });
    await advance(1500);
    await until(() => client.trades().length > 20);
    expect(client.trades().every(({ e, s }) => e === 'trade' && s === 'ALPHA')).toBe(true);
    expect(client.texts.at(-1)).toContain('"stream":"alpha@trade"');
  });

  test('are refused with a code when they make no sense', async () => {
    const { simulator, clock } = await start();
    const client = await connect(simulator, '/ws');
    const bad = [
      { method: 'SUBSCRIBE', params: 'alpha@trade', id: 1 },
      { method: 'DANCE', id: 2 },
      { method: 'SET_PROPERTY', params: ['speed', 1], id: 3 },
      { method: 'SET_PROPERTY', params: ['combined', 'yes'], id: 4 },
      { method: 'SUBSCRIBE', params: ['alpha@depth'], id: 5 },
    ];
    const answers = [];
    for (const request of bad) answers.push(await client.request(request));
    expect(answers.map(({ code, id }) => [code, id])).toEqual([
      [2, 1],
      [2, 2],
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    await clock.advance(1000);
    client.socket.send('{"method":');
    await until(() => client.texts.length === 6);
    expect(client.texts[5]).toContain('"code":3');
  });

  test('for an instrument that does not exist subscribe to nothing and name it', async () => {
    const { simulator } = await start();
    const client = await connect(simulator, '/ws');
    const answer = await client.request({
      method: 'SUBSCRIBE',
      params: ['alpha@trade', 'zulu@trade'],
      id: 9,
    });
    expect(answer).toMatchObject({ code: 2, id: 9, msg: expect.stringContaining('zulu@trade') });
    expect(await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 10 })).toEqual({ result: [], id: 10 });
    await expect(connect(simulator, '/ws/zulu@trade')).rejects.toThrow('400');
  });

  test('for an instrument that does not exist are acknowledged when told to do as Binance does', async () => {
    const { simulator } = await start(NOON, { unknownStreams: 'ignore' });
    const client = await connect(simulator, '/ws/zulu@trade');
    expect(await client.request({ method: 'SUBSCRIBE', params: ['yankee@trade'], id: 1 })).toEqual({
      result: null,
      id: 1,
    });
  });

  test('more than five in a second close the connection with 1008', async () => {
    const { simulator, clock } = await start();
    const client = await connect(simulator, '/ws');
    for (let id = 1; id <= 5; id++) await client.request({ method: 'LIST_SUBSCRIPTIONS', id });
    await clock.advance(1000);
    for (let id = 6; id <= 11; id++) client.socket.send(`{"method":"LIST_SUBSCRIPTIONS","id":${id}}`);
    expect(await client.closed()).toEqual({ code: 1008, reason: 'Too many requests' });
    expect(client.texts.length).toBe(10);
  });
});

describe('the heartbeat', () => {
  test('keeps a connection that answers pings, and ends one that does not within a minute', async () => {
    const { simulator, clock } = await start();
    const alive = await connect(simulator, '/ws');
    const dead = await connect(simulator, '/ws');
    let pings = 0;
    alive.socket.on('ping', () => (pings += 1));
    dead.socket.pong = () => undefined;
    for (let second = 0; second < 85; second += 5) {
      await clock.advance(5000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect((await dead.closed()).code).toBe(1006);
    await until(() => pings >= 4);
    expect(alive.socket.readyState).toBe(alive.socket.OPEN);
  });
});
