import { afterEach, describe, expect, test } from 'vitest';
import { generateTrades } from './market/script.ts';
import { connect, get, MARKET, NOON, simulatorAt, until, type TestClient } from './simulator-fixture.ts';
import type { Simulator, SimulatorOptions } from './simulator.ts';

const running: Simulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

async function start(faults: NonNullable<SimulatorOptions['faults']>) {
  const started = await simulatorAt(NOON, { faults });
  running.push(started.simulator);
  return started;
}

/** Ids of the script's trades of ALPHA with from < time <= to, counted from noon. */
function ids(fromMs: number, toMs: number): number[] {
  const range = { fromMicros: (NOON + fromMs + 1) * 1000, toMicros: (NOON + toMs + 1) * 1000 };
  return [...generateTrades({ ...MARKET, instrument: 'ALPHA', ...range })].map(({ id }) => id);
}

function heard(client: TestClient): number[] {
  return client.trades().map(({ t }) => t);
}

/** Waits until everything that was sent has arrived. */
async function settle(simulator: Simulator, client: TestClient): Promise<void> {
  const { stats } = simulator;
  await until(
    () => client.texts.length + client.binaries.length >= stats.sent + stats.duplicated + stats.rubbish,
  );
}

describe('a fault', () => {
  test('dropConnection cuts without a close frame, and history has what was missed', async () => {
    const { simulator, advance } = await start({ dropConnection: { everyMs: 1000 } });
    const client = await connect(simulator, '/ws/alpha@trade');
    await advance(3000);
    expect((await client.closed()).code).toBe(1006);
    expect(simulator.stats.dropped).toBe(1);
    const got = heard(client);
    expect(got.length).toBeGreaterThan(10);
    expect(got).toEqual(ids(0, 3000).slice(0, got.length));
    const { body } = await get(
      simulator,
      `/api/v3/historicalTrades?symbol=ALPHA&fromId=${got[0]}&limit=1000`,
    );
    expect((body as { id: number }[]).map(({ id }) => id)).toEqual(ids(0, 3000).slice(0, 1000));
  });

  test('mute sends nothing for a while on an open connection that answers', async () => {
    const { simulator, advance } = await start({ mute: { everyMs: 3000, forMs: 1500 } });
    const client = await connect(simulator, '/ws/alpha@trade');
    await advance(2400);
    await settle(simulator, client);
    expect(heard(client)).toEqual(ids(0, heardUntil(client)));
    expect(heardUntil(client)).toBeLessThanOrEqual(1500);
    expect(heardUntil(client)).toBeGreaterThan(1400);
    expect(await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({
      result: ['alpha@trade'],
      id: 1,
    });
    await advance(1500);
    await until(() => heardUntil(client) > 3000);
    expect(simulator.stats.muted).toBeGreaterThan(10);
  });

  function heardUntil(client: TestClient): number {
    return (client.trades().at(-1)?.T ?? 0) - NOON;
  }

  test('delay streams late and leaves nothing out; REST knows at once', async () => {
    const { simulator, advance } = await start({ delay: { ms: 900 } });
    const client = await connect(simulator, '/ws/alpha@trade');
    await advance(1800);
    await until(() => heard(client).length >= ids(0, 900).length);
    expect(heard(client)).toEqual(ids(0, 900));
    const { body } = await get(simulator, '/api/v3/trades?symbol=ALPHA&limit=1');
    expect(body).toMatchObject([{ id: ids(0, 1800).at(-1) }]);
    simulator.faults.set({ delay: null });
    await advance(15);
    await until(() => heard(client).length >= ids(0, 1815).length);
    expect(heard(client)).toEqual(ids(0, 1815));
  });

  test('duplicate sends some twice', async () => {
    const { simulator, advance } = await start({ duplicate: { probability: 0.2 } });
    const client = await connect(simulator, '/ws/alpha@trade');
    await advance(3000);
    await settle(simulator, client);
    const got = heard(client);
    expect([...new Set(got)]).toEqual(ids(0, 3000));
    expect(got.length - new Set(got).size).toBe(simulator.stats.duplicated);
    expect(simulator.stats.duplicated / simulator.stats.sent).toBeCloseTo(0.2, 1);
  });

  test('reorder swaps neighbours of one stream and loses none', async () => {
    const { simulator, advance } = await start({ reorder: { probability: 0.2 } });
    const client = await connect(simulator, '/stream?streams=alpha@trade/bravo@trade');
    await advance(3000);
    simulator.faults.clear();
    await advance(1500);
    await settle(simulator, client);
    const got = client
      .trades()
      .filter(({ s }) => s === 'ALPHA')
      .map(({ t }) => t);
    expect(got).not.toEqual(ids(0, 4500));
    expect(got.toSorted((a, b) => a - b)).toEqual(ids(0, 4500));
    const farthest = Math.max(...got.map((id, at) => Math.abs(id - got[0] - at)));
    expect(farthest).toBeLessThanOrEqual(2);
    expect(simulator.stats.reordered).toBeGreaterThan(20);
  });

  test('skipIds keeps trades from every stream, the same ones from all, and not from history', async () => {
    const { simulator, advance } = await start({ skipIds: { probability: 0.1 } });
    const client = await connect(simulator, '/ws/alpha@trade');
    const other = await connect(simulator, '/ws/alpha@trade');
    await advance(3000);
    await until(() => client.texts.length + other.texts.length >= simulator.stats.sent);
    const got = heard(client);
    const all = ids(0, 3000);
    expect(heard(other)).toEqual(got);
    expect(got.every((id) => all.includes(id))).toBe(true);
    expect(all.length - got.length).toBe(simulator.stats.skipped);
    expect(simulator.stats.skipped / all.length).toBeCloseTo(0.1, 1);
    const { body } = await get(simulator, `/api/v3/historicalTrades?symbol=ALPHA&fromId=${all[0]}&limit=500`);
    expect((body as { id: number }[]).map(({ id }) => id)).toEqual(all.slice(0, 500));
  });

  test('rubbish comes between the trades, replaces none, and none of it is a trade of the market', async () => {
    const { simulator, advance } = await start({ rubbish: { probability: 0.5 } });
    const client = await connect(simulator, '/ws/alpha@trade');
    await advance(3000);
    await settle(simulator, client);
    expect(heard(client)).toEqual(ids(0, 3000));
    expect(client.texts.length + client.binaries.length - ids(0, 3000).length).toBe(simulator.stats.rubbish);
    expect(simulator.stats.rubbish).toBeGreaterThan(100);
    expect(client.binaries.length).toBeGreaterThan(0);
    expect(client.texts).toContain('{"e":"trade","E":,,}');
  });

  test('closeAfterMs closes with a close frame', async () => {
    const { simulator, advance } = await start({ closeAfterMs: 1500 });
    const client = await connect(simulator, '/ws/alpha@trade');
    await advance(1485);
    expect(simulator.stats.closed).toBe(0);
    await advance(30);
    expect((await client.closed()).code).toBe(1001);
  });

  test('serverShutdown warns, goes on for its grace, and closes', async () => {
    const { simulator, advance } = await start({ serverShutdown: { everyMs: 600, graceMs: 900 } });
    const client = await connect(simulator, '/stream?streams=alpha@trade');
    await advance(1800);
    expect((await client.closed()).code).toBe(1001);
    const warning = client.texts.findIndex((text) =>
      text.startsWith('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":'),
    );
    expect(warning).toBeGreaterThan(0);
    expect(client.texts.length - warning).toBeGreaterThan(10);
    expect(heard(client)).toEqual(ids(0, 1800).slice(0, heard(client).length));
  });

  test('rejectConnections answers 503 for its time', async () => {
    const { simulator, advance } = await start({});
    simulator.faults.set({ rejectConnections: { forMs: 1000 } });
    await expect(connect(simulator, '/ws')).rejects.toThrow('503');
    await advance(1000);
    await expect(connect(simulator, '/ws')).resolves.toBeDefined();
    expect(simulator.stats.rejected).toBe(1);
  });

  test('http429 answers some requests with 429 and Retry-After', async () => {
    const { simulator } = await start({ http429: { probability: 1 } });
    const { status, headers, body } = await get(simulator, '/api/v3/ping');
    expect([status, headers.get('retry-after'), body]).toEqual([
      429,
      '1',
      { code: -1003, msg: 'Too many requests queued.' },
    ]);
    simulator.faults.set({ http429: null });
    expect((await get(simulator, '/api/v3/ping')).status).toBe(200);
  });
});
