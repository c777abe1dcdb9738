import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configSchema } from './schema.ts';
import {
  changedSources,
  readSubscriptionChanges,
  subscriptionChangesFile,
  withChange,
  writeSubscriptionChanges,
} from './subscription-changes.ts';
import type { VenueChanges } from './subscription-changes.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tickwright-changes-'));
  await mkdir(join(dataDir, 'ingestor'));
});
afterEach(async () => await rm(dataDir, { recursive: true }));

const { sources } = configSchema.parse({
  sources: [
    { venue: 'upstox', mode: 'full', instruments: ['NSE_EQ|A', 'NSE_EQ|B'] },
    { venue: 'upstox', mode: 'ltpc', instruments: ['NSE_EQ|C'] },
    { venue: 'binance', instruments: ['BINANCE|BTCUSDT'] },
  ],
});
const change = (told: Partial<VenueChanges>): VenueChanges => ({
  venue: 'upstox',
  subscribed: [],
  unsubscribed: [],
  ...told,
});
const keysOf = (changes: readonly VenueChanges[]): string[][] =>
  changedSources(sources, changes).map(({ instruments }) => [...instruments]);

test('what was subscribed goes with the first source of its venue, what was unsubscribed leaves each of them', () => {
  expect(keysOf([change({ subscribed: ['NSE_EQ|D'], unsubscribed: ['NSE_EQ|A', 'NSE_EQ|C'] })])).toEqual([
    ['NSE_EQ|B', 'NSE_EQ|D'],
    [],
    ['BINANCE|BTCUSDT'],
  ]);
});

test('an instrument that the configuration has by now is taken once', () => {
  expect(keysOf([change({ subscribed: ['NSE_EQ|C', 'NSE_EQ|B'] })])).toEqual(keysOf([]));
});

test('a change and its reverse leave nothing to remember', () => {
  const configured = ['NSE_EQ|A', 'NSE_EQ|B', 'NSE_EQ|C'];
  const one = withChange([], change({ unsubscribed: ['NSE_EQ|A'] }), configured);
  const two = withChange(one, change({ subscribed: ['NSE_EQ|D'] }), configured);
  expect(two).toEqual([change({ subscribed: ['NSE_EQ|D'], unsubscribed: ['NSE_EQ|A'] })]);
  const three = withChange(two, change({ subscribed: ['NSE_EQ|A'] }), configured);
  expect(withChange(three, change({ unsubscribed: ['NSE_EQ|D'] }), configured)).toEqual([]);
});

test('changes of one venue leave those of another alone, and are read back as written', async () => {
  expect(await readSubscriptionChanges(dataDir)).toEqual([]);
  const binance = change({ venue: 'binance', subscribed: ['BINANCE|ETHUSDT'] });
  const changes = withChange([binance], change({ subscribed: ['NSE_EQ|D'] }), []);
  await writeSubscriptionChanges(dataDir, changes);
  expect(await readSubscriptionChanges(dataDir)).toEqual([binance, change({ subscribed: ['NSE_EQ|D'] })]);
});

test.each(['', '{"version":2,"changes":[]}', '{"version":1,"changes":[{"venue":"nowhere"}]}'])(
  'a file that holds %j is refused, not taken for no changes',
  async (text) => {
    await writeFile(subscriptionChangesFile(dataDir), text);
    await expect(readSubscriptionChanges(dataDir)).rejects.toThrow(/subscriptions\.json is damaged/);
  },
);
