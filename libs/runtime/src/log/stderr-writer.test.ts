import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { startFromSource } from '../testing/child.ts';
import type { Child } from '../testing/child.ts';

/** Tells the child to end and waits; fails instead of hanging when it does not. */
async function endOf(child: Child): Promise<number | string> {
  child.process.stdin.write('end\n');
  const killer = setTimeout(() => {
    child.kill('SIGKILL');
  }, 10_000);
  const code = await child.ended();
  clearTimeout(killer);
  return code;
}

test('a reader that reads gets every line, whole and in order', async () => {
  const child = startFromSource('log-child.ts', ['5000']);
  const numbers: number[] = [];
  for await (const line of createInterface({ input: child.process.stderr })) {
    numbers.push((JSON.parse(line) as { n: number }).n);
    if (numbers.length === 5_000) break;
  }
  expect(numbers).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1));
  expect(await endOf(child)).toBe(0);
});

test('a reader that does not read holds up neither the writer nor its end, and hears of what was dropped', async () => {
  const child = startFromSource('log-child.ts', ['12000']);
  child.process.stderr.pause();
  expect(Number(await child.line())).toBeLessThan(15_000);
  const lines = createInterface({ input: child.process.stderr });
  let dropped = 0;
  for await (const line of lines) {
    dropped = (JSON.parse(line) as { dropped?: number }).dropped ?? 0;
    if (dropped > 0) break;
  }
  expect(dropped).toBeGreaterThan(1_000);
  expect(await endOf(child)).toBe(0);
  const stalled = startFromSource('log-child.ts', ['5000']);
  stalled.process.stderr.pause();
  await stalled.line();
  expect(await endOf(stalled)).toBe(0);
});

test('a reader that has gone away does not keep the process from ending', async () => {
  const child = startFromSource('log-child.ts', ['5000']);
  child.process.stderr.destroy();
  await child.line();
  expect(await endOf(child)).toBe(0);
});
