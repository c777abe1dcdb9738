import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DatabaseValueError, openDatabase } from './index.ts';
import type { AppendColumn, Database } from './index.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let database: Database;

beforeEach(async () => {
  database = await openDatabase({ path: ':memory:', log });
  await database.write((tx) =>
    tx.run(
      `CREATE TABLE t(n INTEGER, big BIGINT, moment TIMESTAMP, x DOUBLE, small UTINYINT, yes BOOLEAN, name VARCHAR)`,
    ),
  );
});

afterEach(async () => {
  await database.close();
});

function columnsOf(count: number, seed: (row: number) => number): readonly AppendColumn[] {
  const numbers = Array.from({ length: count }, (_, row) => seed(row));
  return [
    { type: 'int32', values: Int32Array.from(numbers, (n) => n % 2 ** 31) },
    { type: 'int64', values: Float64Array.from(numbers) },
    { type: 'timestamp', values: Float64Array.from(numbers, (n) => 1_700_000_000_000_000 + (n % 1e12)) },
    { type: 'float64', values: Float64Array.from(numbers, (n) => n / 3) },
    { type: 'uint8', values: Uint8Array.from(numbers, (n) => Math.abs(n) % 256) },
    { type: 'boolean', values: Uint8Array.from(numbers, (n) => Math.abs(n) % 2) },
    { type: 'varchar', values: numbers.map((n) => `name ${n}`) },
  ];
}

async function stored(): Promise<unknown[]> {
  const columns = await database.readColumns('SELECT * FROM t');
  return [
    ...['n', 'big', 'moment', 'x', 'small'].map((name) => [...columns.numbers(name)]),
    [...columns.flags('yes')],
    [...columns.texts('name')],
  ];
}

test('all rows of all types come back exactly, over the bounds of chunks', async () => {
  for (const count of [0, 1, 2047, 2048, 2049, 10_000]) {
    const columns = columnsOf(count, (row) => row * 900_000_000 - 4e12);
    await database.write(async (tx) => {
      await tx.run('DELETE FROM t');
      await tx.append('t', columns, count);
    });
    expect(await stored()).toEqual(columns.map((column) => [...column.values]));
  }
});

test('any integer within 2^53 is stored and read exactly', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 40 }), async (numbers) => {
      await database.write(async (tx) => {
        await tx.run('DELETE FROM t');
        await tx.append(
          't',
          columnsOf(numbers.length, (row) => numbers[row]),
          numbers.length,
        );
      });
      const rows = await database.read('SELECT big::VARCHAR AS big FROM t');
      expect(rows.map((row) => row['big'])).toEqual(numbers.map((n) => BigInt(n).toString()));
      expect([...(await database.readColumns('SELECT big FROM t')).numbers('big')]).toEqual(
        numbers.map((n) => n + 0),
      );
    }),
    { numRuns: 30 },
  );
});

test('only the first rows of longer arrays are appended', async () => {
  await database.write((tx) =>
    tx.append(
      't',
      columnsOf(100, (row) => row),
      3,
    ),
  );
  expect(await database.read('SELECT count(*) AS n, max(big) AS big FROM t')).toEqual([{ n: 3, big: 2 }]);
});

test('a number that is not whole, not finite or beyond 2^53 is refused and nothing is stored', async () => {
  for (const wrong of [0.5, Number.NaN, Infinity, 2 ** 53]) {
    const columns = columnsOf(3000, (row) => (row === 2500 ? wrong : row)).slice(1, 2);
    const write = database.write(async (tx) => {
      await tx.run('CREATE OR REPLACE TABLE whole(a BIGINT)');
      await tx.append('whole', columns, 3000);
    });
    await expect(write).rejects.toThrow(DatabaseValueError);
  }
  await expect(database.read('SELECT * FROM whole')).rejects.toThrow('whole');
});

test('columns with too few values are refused', async () => {
  const write = database.write((tx) =>
    tx.append(
      't',
      columnsOf(5, (row) => row),
      6,
    ),
  );
  await expect(write).rejects.toThrow(DatabaseValueError);
});

test('texts that repeat, or are alike at their beginning and end, are read each as it is', async () => {
  const alike = [
    '',
    'SIM|ALPHA',
    'SIM|ALPHB',
    'twelve bytes',
    'thirteen byte',
    'NSE_EQ|INE155A01022',
    'NSE_EQ|INE118H01022',
  ];
  const texts = fc.array(fc.oneof(fc.constantFrom(...alike), fc.string()), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(texts, fc.boolean(), async (names, isSorted) => {
      await database.write(async (tx) => {
        await tx.run('DELETE FROM t');
        const columns = columnsOf(names.length, (row) => row);
        await tx.append('t', [...columns.slice(0, -1), { type: 'varchar', values: names }], names.length);
      });
      const order = isSorted ? 'name, n' : 'n';
      const found = await database.readColumns(`SELECT n, name FROM t ORDER BY ${order}`);
      const rows = [...found.numbers('n')];
      expect([...found.texts('name')]).toEqual(rows.map((row) => names[row]));
    }),
    { numRuns: 40 },
  );
});
