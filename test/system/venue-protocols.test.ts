import { expect, test } from 'vitest';
import type { Faults } from '@tickwright/simulator';
import { LiveVenue } from './live-venue.ts';

const VENUES = [
  { venue: 'coinbase', symbols: ['ALPHA-USD', 'BTC-EUR'] },
  { venue: 'kraken', symbols: ['ALPHA/USD', 'BTC/EUR'] },
] as const;

/** Each strong enough to show within the seconds of a test. */
const FAULTS: readonly { readonly name: string; readonly faults: Partial<Faults> }[] = [
  { name: 'no faults', faults: {} },
  { name: 'dropped connections', faults: { dropConnection: { everyMs: 2_000 } } },
  { name: 'mute moments', faults: { mute: { everyMs: 2_500, forMs: 1_200 } } },
  { name: 'late trades', faults: { delay: { ms: 700 } } },
  { name: 'duplicated frames', faults: { duplicate: { probability: 0.3 } } },
  { name: 'reordered frames', faults: { reorder: { probability: 0.3 } } },
  { name: 'skipped ids', faults: { skipIds: { probability: 0.1 } } },
  { name: 'rubbish', faults: { rubbish: { probability: 0.3 } } },
  {
    name: 'all of them, and REST refused half the time',
    faults: {
      dropConnection: { everyMs: 3_000 },
      mute: { everyMs: 2_500, forMs: 600 },
      duplicate: { probability: 0.2 },
      reorder: { probability: 0.2 },
      skipIds: { probability: 0.1 },
      rubbish: { probability: 0.2 },
      http429: { probability: 0.5 },
    },
  },
];

const cases = VENUES.flatMap((venue) => FAULTS.map((fault) => ({ ...venue, ...fault })));

test.each(cases)(
  '$venue with $name: every id is stored once or listed, and its history makes it whole',
  async ({ venue, symbols, faults }) => {
    await using live = await LiveVenue.start(venue, symbols, faults);
    await live.pass(5_000);
    // The faults of the stream end; what they cost stays to be found.
    const { http429 = null } = faults;
    live.simulator.faults.clear();
    live.simulator.faults.set({ http429 });
    await live.pass(1_500);
    for (const [instrument] of symbols.entries()) {
      expect(live.stored.get(instrument)?.size).toBeGreaterThan(50);
      expect(live.different(instrument)).toEqual([]);
      expect(live.missing(instrument).filter((id) => !live.isListed(instrument, id))).toEqual([]);
    }
    expect(live.twice).toBe(0);
    await live.heal();
    for (const [instrument] of symbols.entries()) {
      expect(live.missing(instrument)).toEqual([]);
      expect(live.different(instrument)).toEqual([]);
    }
    expect(live.twice).toBe(0);
    expect(live.ledger.open().filter(({ cause, toId }) => cause !== 'start' && toId >= 0)).toEqual([]);
  },
  30_000,
);

test('coinbase: trades that never come, and are followed by none, are a gap by the heartbeat alone', async () => {
  await using live = await LiveVenue.start('coinbase', ['ALPHA-USD']);
  await live.until(() => (live.stored.get(0)?.size ?? 0) > 20);
  live.simulator.faults.set({ skipIds: { probability: 1 } });
  await live.pass(400);
  const last = live.deduplicator.lastTradeId(0);
  await live.pass(3_000);
  expect(live.deduplicator.lastTradeId(0)).toBe(last);
  const [gap] = live.ledger.open().filter(({ cause }) => cause === 'sequence');
  expect(gap).toMatchObject({ fromId: last + 1, cause: 'sequence' });
  expect(gap?.toId).toBeGreaterThan(last + 20);
  await live.heal();
  expect(live.ledger.open().filter(({ cause }) => cause === 'sequence')).toEqual([]);
  expect(live.missing(0)).toEqual([]);
});

test.each([
  ['coinbase', 'BTC-USD', 'ZULU-USD'],
  ['kraken', 'BTC/USD', 'ZULU/USD'],
] as const)(
  '%s: an unknown instrument is refused by name, and the others tick',
  async (name, known, unknown) => {
    await using live = await LiveVenue.start(name, [known]);
    const wrong = live.venue.instrument(
      `${live.venue.segment}|${unknown}` as Parameters<typeof live.venue.instrument>[0],
    );
    live.stream.subscribe([wrong]);
    await live.until(() => live.stream.states().some(({ state }) => state === 'refused'));
    await live.until(() => (live.stored.get(0)?.size ?? 0) > 10);
    expect(live.stream.states().map(({ instrument, state }) => [instrument, state === 'refused'])).toEqual([
      [`${live.venue.segment}|${known}`, false],
      [wrong.key, true],
    ]);
    expect(live.stream.states()[1]?.reason).toContain(unknown);
  },
);

test('kraken: maintenance is shown as such, its silence is no dead stream, and it goes on afterwards', async () => {
  await using live = await LiveVenue.start('kraken', ['ALPHA/USD', 'BTC/EUR']);
  await live.until(() => (live.stored.get(1)?.size ?? 0) > 20);
  expect(live.stream.connections[0]?.venueStatus).toBe('online');
  // The venue says that it is in maintenance, goes on without data, and closes the connection in the end.
  live.simulator.faults.set({
    skipIds: { probability: 1 },
    serverShutdown: { everyMs: 1, graceMs: 400_000 },
  });
  await live.until(() => live.stream.connections[0]?.venueStatus === 'maintenance');
  await live.clock.advance(350_000);
  await live.pass(1_000);
  expect(live.stream.connections).toMatchObject([{ state: 'open', venueStatus: 'maintenance' }]);
  expect(live.stream.states().map(({ state }) => state)).toEqual(['quiet', 'quiet']);
  live.simulator.faults.clear();
  const before = live.stored.get(1)?.size ?? 0;
  await live.until(() => (live.stored.get(1)?.size ?? 0) > before + 10);
});

test.each(VENUES)('$venue: instruments are ended and begun while it runs', async ({ venue, symbols }) => {
  await using live = await LiveVenue.start(venue, symbols);
  await live.until(() => [0, 1].every((at) => (live.stored.get(at)?.size ?? 0) > 10));
  const { key } = live.table.at(1);
  live.stream.unsubscribe([key]);
  await live.until(() => live.simulator.stats.streams === 1);
  await live.pass(200);
  const size = live.stored.get(1)?.size ?? 0;
  await live.pass(1_500);
  expect(live.stored.get(1)?.size).toBe(size);
  live.stream.subscribe([live.table.at(1)]);
  await live.until(() => (live.stored.get(1)?.size ?? 0) > size + 10);
  expect(live.missing(1).filter((id) => !live.isListed(1, id))).toEqual([]);
});

test.each(VENUES)(
  "$venue: the candles that history tells are the script's own",
  async ({ venue, symbols }) => {
    await using live = await LiveVenue.start(venue, symbols);
    const [instrument] = live.table.list();
    const toMicros = live.clock.nowMicros();
    const fromMicros = toMicros - 20 * 60_000_000;
    const ask = { instrument, interval: '1m', fromMicros, toMicros };
    const told = await live.during(live.history.candles(ask));
    const script = live.scriptedCandles(instrument.venueSymbol, { fromMicros, toMicros });
    const traded = told.filter(({ volume }) => volume > 0);
    expect(
      traded.map(({ openTimeMicros, open, high, low, close, volume }) => [
        openTimeMicros,
        open,
        high,
        low,
        close,
        volume.toFixed(6),
      ]),
    ).toEqual(script);
    expect(script.length).toBe(20);
    expect(told.every(({ isClosed, closeTimeMicros }) => isClosed === closeTimeMicros <= toMicros)).toBe(
      true,
    );
  },
);
