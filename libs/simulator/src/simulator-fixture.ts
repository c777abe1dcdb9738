import { ManualClock, type Log } from '@tickwright/runtime';
import { WebSocket } from 'ws';
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';

/** For tests only: a simulator on a manual clock, and a plain client that keeps what it hears. */
export const NOON = Date.UTC(2026, 6, 1, 12);
export const MARKET = { seed: 42, instruments: ['ALPHA', 'BRAVO', 'CHARLIE'], ratePerSecond: 300 };
const PATIENCE_MS = 10_000;

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A simulator at noon of a day; time goes on by `advance`. */
export async function simulatorAt(
  startMs = NOON,
  options: Partial<SimulatorOptions> = {},
): Promise<{ simulator: Simulator; clock: ManualClock; advance: (ms: number) => Promise<void> }> {
  const clock = new ManualClock({ startMicros: startMs * 1000 });
  const simulator = await startSimulator({ ...MARKET, port: 0, clock, log: silent, ...options });
  return { simulator, clock, advance: (ms) => clock.advance(ms) };
}

/** What a client heard, in order. */
export interface TestClient {
  readonly socket: WebSocket;
  /** Text messages, as they came. */
  readonly texts: string[];
  readonly binaries: Buffer[];
  /** Those that are trades or aggregate trades, parsed, without their envelope. */
  trades(): StreamedTrade[];
  request(message: object): Promise<Record<string, unknown>>;
  /** Code and reason, once it is closed; 1006 without a close frame. */
  closed(): Promise<{ code: number; reason: string }>;
}

export interface StreamedTrade {
  readonly e: string;
  readonly E: number;
  readonly s: string;
  readonly t: number;
  readonly a: number;
  readonly p: string;
  readonly q: string;
  readonly f: number;
  readonly l: number;
  readonly T: number;
  readonly m: boolean;
}

/** Connects to a path as `/ws/alpha@trade`. Rejects when the simulator refuses. */
export async function connect(simulator: Simulator, path: string): Promise<TestClient> {
  const socket = new WebSocket(simulator.url.ws + path, { perMessageDeflate: false });
  const texts: string[] = [];
  const binaries: Buffer[] = [];
  let end: { code: number; reason: string } | undefined;
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) binaries.push(data);
    else texts.push(data.toString());
  });
  socket.on('close', (code, reason) => {
    end = { code, reason: reason.toString() };
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  return {
    socket,
    texts,
    binaries,
    trades: () => texts.flatMap(readTrade),
    async request(message) {
      const before = texts.length;
      socket.send(JSON.stringify(message));
      const isAnswer = (text: string) => !text.includes('"e":');
      await until(() => texts.slice(before).some(isAnswer));
      return JSON.parse(texts.slice(before).find(isAnswer) ?? '') as Record<string, unknown>;
    },
    async closed() {
      await until(() => end !== undefined);
      return end ?? { code: 0, reason: '' };
    },
  };
}

function readTrade(text: string): StreamedTrade[] {
  try {
    const message = JSON.parse(text) as { data?: StreamedTrade } & StreamedTrade;
    const trade = message?.data ?? message;
    return trade?.s?.length <= 20 && (trade.e === 'trade' || trade.e === 'aggTrade') ? [trade] : [];
  } catch {
    return [];
  }
}

/** Waits for what comes over real sockets. */
export async function until(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${isTrue.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A REST answer. */
export async function get(
  simulator: Simulator,
  path: string,
): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(simulator.url.rest + path);
  return { status: response.status, headers: response.headers, body: await response.json() };
}
