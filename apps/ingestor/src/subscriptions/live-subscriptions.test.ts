import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configSchema, readSubscriptionChanges } from '@tickwright/config';
import { InstrumentTable, calendars } from '@tickwright/market';
import type { ControlEvent, Instrument } from '@tickwright/market';
import { ManualClock } from '@tickwright/runtime';
import { VenueRefusedError, VenueUnreachableError, catalogue } from '@tickwright/venues';
import type { InstrumentDetails } from '@tickwright/venues';
import { quietLog } from '../core-fixture.ts';
import { LiveSubscriptions } from './live-subscriptions.ts';

const { signal } = new AbortController();
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tickwright-live-'));
  await mkdir(join(dataDir, 'ingestor'));
});
afterEach(async () => await rm(dataDir, { recursive: true }));

/** Who answers for the venue: all is known, unless told otherwise. */
interface Asked {
  readonly unknown?: readonly string[];
  readonly failure?: Error;
}

/** A venue's stream that is not connected: what it would carry on which connection shows all the same. */
function scene(source: object, asked: Asked = {}) {
  const { sources } = configSchema.parse({ sources: [source] });
  const [configured] = sources;
  const venue = catalogue.venue(configured.venue);
  const table = new InstrumentTable();
  const events: ControlEvent[] = [];
  const clock = new ManualClock({ startMicros: 1_700_000_000_000_000 });
  const register = (instruments: readonly Instrument[]): void => {
    for (const one of instruments) table.add(one);
  };
  const instruments = configured.instruments.map((key) => venue.instrument(key));
  register(instruments);
  const stream = venue.createStream({
    instruments,
    streamKind: 'trade',
    wsUrl: 'ws://127.0.0.1:1',
    ...(configured.mode === undefined ? {} : { mode: configured.mode }),
    sink: { message: () => undefined, control: (_, event) => void events.push(event) },
    clock,
    log: quietLog,
    calendars,
    lastTickMicros: () => 0,
  });
  const requests: number[] = [];
  const answer = (wanted: readonly Instrument[]): void => {
    requests.push(wanted.length);
    if (asked.failure !== undefined) throw asked.failure;
    if (!wanted.some(({ key }) => asked.unknown?.includes(key))) return;
    throw new VenueRefusedError('Invalid symbol.', { venueCode: -1121, status: 400 });
  };
  const live = new LiveSubscriptions({
    core: { instruments: table, register },
    dataDir,
    configured: sources,
    sources: [{ source: configured, running: { venue, stream, tokens: undefined } }],
    changes: [],
    historyOf: () => ({
      async instrumentDetails(wanted): Promise<InstrumentDetails[]> {
        answer(wanted);
        return [];
      },
    }),
    clock,
    log: quietLog,
  });
  const onConnections = (): number[] => stream.connections.map((one) => one.instruments);
  return { live, stream, table, events, requests, onConnections };
}

const keys = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => `NSE_EQ|I${from + at}`);
const binanceKeys = (count: number): string[] => Array.from({ length: count }, (_, at) => `BINANCE|S${at}`);

test('what is subscribed at Upstox is spread over its two connections, and one too many is refused whole', async () => {
  const { live, onConnections, table } = scene({ venue: 'upstox', mode: 'full', instruments: keys(1_990) });
  expect(onConnections()).toEqual([1_990]);
  const { changed } = await live.subscribe({ instruments: keys(1_000, 1_990) }, signal);
  expect(changed).toHaveLength(1_000);
  expect(onConnections()).toEqual([2_000, 990]);
  await live.subscribe({ instruments: keys(1_000, 2_990) }, signal);
  await expect(live.subscribe({ instruments: keys(11, 3_990) }, signal)).rejects.toThrow(
    '11 more instruments are too many: the connections of upstox have room for 10',
  );
  expect(onConnections()).toEqual([2_000, 1_990]);
  expect(table.size).toBe(3_990);
  const [kept] = await readSubscriptionChanges(dataDir);
  expect(kept.subscribed).toHaveLength(2_000);
  // What leaves makes room.
  await live.unsubscribe({ instruments: keys(20) });
  await live.subscribe({ instruments: keys(11, 3_990) }, signal);
  expect(onConnections()).toEqual([1_991, 1_990]);
});

test('of many instruments the ones that the venue refuses are found and named, in few requests', async () => {
  const wrong = ['BINANCE|S7', 'BINANCE|S150'];
  const source = { venue: 'binance', instruments: ['BINANCE|S1000'] };
  const { live, stream, requests } = scene(source, { unknown: wrong });
  await expect(live.subscribe({ instruments: binanceKeys(160) }, signal)).rejects.toThrow(
    /no instrument "BINANCE\|S7": Invalid symbol.*no instrument "BINANCE\|S150"/,
  );
  expect(requests.length).toBeLessThan(32);
  expect(stream.states()).toHaveLength(1);
  expect(await readSubscriptionChanges(dataDir)).toEqual([]);
});

test('a venue that does not answer keeps nobody from subscribing, and it is said', async () => {
  const failure = new VenueUnreachableError('no route to the venue');
  const { live } = scene({ venue: 'binance', instruments: ['BINANCE|A'] }, { failure });
  expect(await live.subscribe({ instruments: ['BINANCE|B', 'BINANCE|A'] }, signal)).toEqual({
    venue: 'binance',
    changed: ['BINANCE|B'],
    unchanged: ['BINANCE|A'],
    unchecked: 'no route to the venue',
  });
});

test('an instrument that is unsubscribed is told as removed, once, and subscribed again it is requested anew', async () => {
  const { live, stream, events } = scene({ venue: 'binance', instruments: ['BINANCE|A', 'BINANCE|B'] });
  await live.unsubscribe({ instruments: ['BINANCE|A'] });
  expect((await live.unsubscribe({ instruments: ['BINANCE|A'] })).unchanged).toEqual(['BINANCE|A']);
  expect(events).toEqual([{ type: 'removed', instruments: ['BINANCE|A'] }]);
  expect(live.changes).toEqual([{ venue: 'binance', subscribed: [], unsubscribed: ['BINANCE|A'] }]);
  await live.subscribe({ instruments: ['BINANCE|A'] }, signal);
  expect(live.changes).toEqual([]);
  expect(stream.states().map(({ state }) => state)).toEqual(['requested', 'requested']);
});

test('a change that cannot be kept for the next start is not made', async () => {
  const { live, stream } = scene({ venue: 'binance', instruments: ['BINANCE|A'] });
  await rm(join(dataDir, 'ingestor'), { recursive: true });
  await writeFile(join(dataDir, 'ingestor'), 'in the way');
  await expect(live.subscribe({ instruments: ['BINANCE|B'] }, signal)).rejects.toThrow(/could not be kept/);
  await expect(live.unsubscribe({ instruments: ['BINANCE|A'] })).rejects.toThrow(/could not be kept/);
  expect(stream.states().map(({ instrument, state }) => [instrument, state])).toEqual([
    ['BINANCE|A', 'requested'],
  ]);
});
