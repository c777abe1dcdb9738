import { ManualClock } from '@tickwright/runtime';
import { beforeEach, expect, test } from 'vitest';
import { quietLog } from '../core-fixture.ts';
import { ClockTrust } from './clock-trust.ts';

const START = 1_767_225_600_000_000;
const HOUR = 3_600_000_000;

let clock: ManualClock;
let trust: ClockTrust;
/** What the venue's own clock says. */
let venueMicros: number;
let last: { event: number; receive: number };

beforeEach(() => {
  clock = new ManualClock({ startMicros: START });
  trust = new ClockTrust({ clock, log: quietLog });
  venueMicros = START;
  last = { event: -1, receive: -1 };
});

/** Looks every 250 ms, as the clock frames do; `ticks`: whether a tick comes before each look. */
async function looks(seconds: number, { ticks }: { ticks: boolean }): Promise<boolean[]> {
  const found: boolean[] = [];
  for (let look = 0; look < seconds * 4; look += 1) {
    await clock.advance(250);
    venueMicros += 250_000;
    if (ticks) last = { event: venueMicros, receive: clock.nowMicros() };
    const times = { lastEventMicros: () => last.event, lastReceiveMicros: () => last.receive };
    found.push(trust.look(times, 1));
  }
  return found;
}

test('a clock that goes steadily is believed, with ticks and without', async () => {
  expect((await looks(10, { ticks: true })).every(Boolean)).toBe(true);
  expect((await looks(100, { ticks: false })).every(Boolean)).toBe(true);
});

test.each([
  ['forward', HOUR],
  ['back', -HOUR],
])(
  'a clock stepped %s by an hour is not believed from the first look on, until it is set right',
  async (_way, step) => {
    await looks(10, { ticks: true });
    clock.set(clock.nowMicros() + step);
    expect((await looks(100, { ticks: true })).some(Boolean)).toBe(false);
    clock.set(clock.nowMicros() - step);
    const after = await looks(10, { ticks: true });
    expect(after.slice(0, 4).some(Boolean)).toBe(false);
    expect(after.slice(20).every(Boolean)).toBe(true);
  },
);

test('a step that no tick contradicts, after a machine has slept for example, is believed after a minute', async () => {
  await looks(10, { ticks: false });
  clock.set(clock.nowMicros() + HOUR);
  const found = await looks(70, { ticks: false });
  expect(found.slice(0, 59 * 4).some(Boolean)).toBe(false);
  expect(found.at(-1)).toBe(true);
});

test('after a process was stopped the clock waits until what came meanwhile has been read', async () => {
  await looks(10, { ticks: true });
  await clock.advance(30_000);
  venueMicros += 30_000_000;
  const found = await looks(5, { ticks: true });
  expect(found.slice(0, 7).some(Boolean)).toBe(false);
  expect(found.at(-1)).toBe(true);
});
