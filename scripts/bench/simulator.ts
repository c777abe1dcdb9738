import { Worker } from 'node:worker_threads';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { startSimulator } from '@tickwright/simulator';

const INSTRUMENTS = 200;
const RATE_PER_SECOND = 150_000;
/** So many trades may be under way: the client then always has work, and is never cut off. */
const WINDOW = 30_000;
const STEP_MICROS = 10_000;
const WARM_UP_MS = 1000;
const ROUNDS = 5;
const ROUND_MS = 1000;

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Counts what it receives; in a thread of its own, so that only the simulator is measured. */
const CLIENT = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { WebSocket } = require('ws');
  const count = new Int32Array(workerData.count);
  const client = new WebSocket(workerData.url, { perMessageDeflate: false, skipUTF8Validation: true });
  client.on('open', () => parentPort.postMessage('open'));
  client.on('message', () => Atomics.add(count, 0, 1));
`;

/**
 * How fast trades are made, encoded and sent to one client. The market's clock goes on whenever the client
 * is not far behind, so that the simulator always has trades due. Prints and returns the median of trades a second.
 */
export async function run(): Promise<number> {
  const count = new Int32Array(new SharedArrayBuffer(4));
  let micros = Date.UTC(2026, 0, 5, 10) * 1000;
  let sent = () => 0;
  const clock = {
    ...systemClock,
    nowMicros: () => (micros += sent() - Atomics.load(count, 0) < WINDOW ? STEP_MICROS : 0),
    sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(0, signal),
  };
  const market = { seed: 1, instruments: INSTRUMENTS, ratePerSecond: RATE_PER_SECOND };
  await using simulator = await startSimulator({ ...market, port: 0, clock, log: silent });
  sent = () => simulator.stats.sent;
  const streams = simulator.instruments.map(({ symbol }) => `${symbol.toLowerCase()}@trade`);
  const url = `${simulator.url.ws}/stream?streams=${streams.join('/')}`;
  const client = new Worker(CLIENT, { eval: true, workerData: { url, count: count.buffer } });
  await new Promise((resolve) => client.once('message', resolve));
  await systemClock.sleep(WARM_UP_MS);
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = Atomics.load(count, 0);
    const from = performance.now();
    await systemClock.sleep(ROUND_MS);
    rates.push(((Atomics.load(count, 0) - before) / (performance.now() - from)) * 1000);
  }
  await client.terminate();
  const sorted = rates.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(ROUNDS / 2)];
  const range = `${Math.round(sorted[0])}..${Math.round(sorted[ROUNDS - 1])}`;
  console.log(`simulator: ${Math.round(median)} trades/s made, encoded and sent (${range})`);
  return median;
}
