import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import type { LedgerMemory } from '@tickwright/market';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLedgerMemory } from './ledger-memory.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickwright-ledger-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const memory = (aliveMicros: number): LedgerMemory => ({ aliveMicros, lines: [] });

test('a start gets the state that belongs to its offset, never a newer one', async () => {
  const path = join(folder, 'state.duckdb');
  {
    await using database = await openDatabase({ path, log });
    const store = await openLedgerMemory(database);
    await store.save(10, memory(1));
    await store.save(20, memory(2));
    await store.save(30, memory(3));
  }
  await using database = await openDatabase({ path, log });
  const store = await openLedgerMemory(database);
  expect(await store.load(9)).toBeUndefined();
  expect(await store.load(10)).toEqual(memory(1));
  expect(await store.load(29)).toEqual(memory(2));
  expect(await store.load(1_000)).toEqual(memory(3));
});

test('of two states of one offset the one that was written last stands', async () => {
  await using database = await openDatabase({ path: ':memory:', log });
  const store = await openLedgerMemory(database);
  await store.save(10, memory(1));
  await store.save(10, memory(2));
  expect(await store.load(10)).toEqual(memory(2));
});

test('old states are forgotten while running and at a start, the newest stay', async () => {
  await using database = await openDatabase({ path: join(folder, 'state.duckdb'), log });
  const store = await openLedgerMemory(database);
  for (let offset = 1; offset <= 600; offset += 1) await store.save(offset, memory(offset));
  const [running] = await database.read('SELECT count(*) AS n FROM ledger_memory');
  expect(Number(running?.['n'])).toBeLessThanOrEqual(500);
  const again = await openLedgerMemory(database);
  const [kept] = await database.read('SELECT count(*) AS n FROM ledger_memory');
  expect(kept?.['n']).toBe(10);
  expect(await again.load(600)).toEqual(memory(600));
});
