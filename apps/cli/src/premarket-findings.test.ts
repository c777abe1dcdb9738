import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@tickwright/config';
import { systemClock } from '@tickwright/runtime';
import { startSimulator } from '@tickwright/simulator';
import type { Finding } from '@tickwright/upkeep';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { premarketFindings } from './premarket-findings.ts';
import { fakeTerminal } from './terminal-fixture.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const RIGHT = 'the-token-of-today';
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tickwright-premarket-'));
});
afterEach(async () => await rm(dataDir, { recursive: true }));

async function findings(source: object, token = ''): Promise<Record<string, Finding>> {
  const env = token === '' ? {} : { TICKWRIGHT_UPSTOX_TOKEN: token };
  const flags = [`sources=${JSON.stringify([source])}`, `dataDir=${JSON.stringify(dataDir)}`];
  const { config } = await loadConfig({ flags, env });
  const found = await premarketFindings({ config, terminal: fakeTerminal([], { env }), log: SILENT });
  return Object.fromEntries(found.map((one) => [one.check, one]));
}

test('before a market opens the token, each instrument and the last day are looked at', async () => {
  const market = { seed: 1, instruments: ['ALPHA'], ratePerSecond: 1, port: 0, protocol: 'upstox' } as const;
  await using simulator = await startSimulator({
    ...market,
    clock: systemClock,
    log: SILENT,
    upstox: { token: () => RIGHT },
  });
  const { ws: wsUrl, rest: restUrl } = simulator.url;
  const source = { venue: 'upstox', instruments: ['NSE_EQ|ALPHA', 'NSE_EQ|ALPHAX'], wsUrl, restUrl };
  const well = await findings(source, RIGHT);
  expect(well['token']?.severity).toMatch(/ok|warning/);
  expect(well['instruments']).toMatchObject({
    severity: 'error',
    toDo: expect.stringContaining('unsubscribe'),
  });
  expect(well['instruments']?.found).toMatch(/^1 of 2 are none of the venue's: NSE_EQ\|ALPHAX/);
  expect(well['yesterday']).toMatchObject({ severity: 'note' });
  expect((await findings(source, 'the-token-of-yesterday'))['token']).toMatchObject({
    severity: 'error',
    found: expect.stringContaining('the venue refuses it'),
    toDo: 'renew it: tickwright token upstox',
  });
  expect((await findings(source))['token']).toMatchObject({ severity: 'error' });
});

test('a venue that does not answer is a note, not a fault', async () => {
  const found = await findings({
    venue: 'simulated',
    instruments: ['SIM|ALPHA'],
    restUrl: 'http://127.0.0.1:1',
  });
  expect(found['instruments']).toMatchObject({ severity: 'note' });
  expect(found['token']).toBeUndefined();
});
