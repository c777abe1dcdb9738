import { expect, test } from 'vitest';
import { ManualClock } from '@tickwright/runtime';
import { RecoveryMeter } from './recovery-meter.ts';

const PAGE = { pageRows: 1_000 };

test('the time left is that of the requests that lie ahead, however many rows they hold', async () => {
  const clock = new ManualClock();
  const meter = new RecoveryMeter(clock, PAGE);
  for (let n = 0; n < 100; n += 1) meter.begin(`job ${n}`, n === 0 ? 10_000 : 1);
  expect(meter.progress()).toMatchObject({ left: 10_099, requestsLeft: 109, leftMs: null });
  for (let n = 99; n >= 50; n -= 1) {
    await clock.advance(100);
    meter.page(1);
    meter.advance(`job ${n}`, 1);
    meter.end(`job ${n}`);
  }
  const progress = meter.progress();
  expect(progress).toMatchObject({ done: 50, requestsLeft: 59, requestsPerSecond: 10, requests: 50 });
  expect(progress.leftMs).toBe(5_900);
});

test('instruments without a plan count with what the planned ones wanted', async () => {
  const clock = new ManualClock();
  const meter = new RecoveryMeter(clock, PAGE);
  for (let n = 0; n < 10; n += 1) meter.expect(`${n}`);
  expect(meter.progress()).toMatchObject({ requestsLeft: 0, leftMs: null });
  meter.planned('0', meter.begin('0/chunk', 3_000));
  await clock.advance(1_000);
  meter.page(1_000);
  meter.advance('0/chunk', 1_000);
  expect(meter.progress()).toMatchObject({ left: 2_000, requestsLeft: 2 + 27, leftMs: 29_000 });
  for (let n = 1; n < 10; n += 1) meter.planned(`${n}`);
  meter.endBelow('0');
  expect(meter.progress()).toMatchObject({ requestsLeft: 0, leftMs: 0 });
});

test('while nothing comes the rate sinks and the time left grows', async () => {
  const clock = new ManualClock();
  const meter = new RecoveryMeter(clock, PAGE);
  for (let n = 0; n < 40; n += 1) meter.begin(`${n}`, 1);
  for (let n = 0; n < 20; n += 1) {
    await clock.advance(500);
    meter.page(1);
    meter.end(`${n}`);
  }
  expect(meter.progress().leftMs).toBe(10_000);
  await clock.advance(30_000);
  expect(meter.progress().leftMs).toBeGreaterThan(30_000);
});
