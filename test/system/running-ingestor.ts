// The whole ingestor, as `tickwright ingest` runs it, against a simulated venue over real sockets, on one manual clock: time
// passes when it is told to, and hours of it in seconds.
import { setTimeout as realSleep } from 'node:timers/promises';
import { configSchema } from '@tickwright/config';
import { ingest } from '@tickwright/ingestor';
import type { RecoveryReport } from '@tickwright/ingestor';
import type { Gap } from '@tickwright/market';
import { ManualClock } from '@tickwright/runtime';
import { startSimulator } from '@tickwright/simulator';
import type { Faults, MarketOptions, ProtocolName, Simulator } from '@tickwright/simulator';
import { freePort, temporaryFolder } from './harness.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
export const TOKEN = 'token-one';

export interface RunningStatus {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly gaps: readonly Gap[];
  readonly recovery: RecoveryReport | null;
  readonly ticks: Readonly<Record<string, number>>;
}

export interface RunningOptions {
  readonly protocol: ProtocolName;
  /** As the venue names them. */
  readonly symbols: readonly string[];
  /** What stands before the bar of their keys. */
  readonly segment: string;
  readonly startMicros: number;
  readonly faults?: Partial<Faults>;
  readonly ratePerSecond?: number;
  /** upstox: when it trades. */
  readonly hours?: 'nse' | 'always';
  readonly warmUpHours?: number;
}

export class RunningIngestor implements AsyncDisposable {
  readonly dataDir = temporaryFolder();
  readonly clock: ManualClock;
  readonly market: MarketOptions & { readonly instruments: readonly string[] };
  readonly keys: readonly string[];
  readonly simulator: Simulator;
  readonly errors: unknown[] = [];
  readonly #options: RunningOptions;
  readonly #httpPort: number;
  #stop: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(parts: {
    options: RunningOptions;
    clock: ManualClock;
    simulator: Simulator;
    market: MarketOptions & { readonly instruments: readonly string[] };
    httpPort: number;
  }) {
    this.#options = parts.options;
    this.clock = parts.clock;
    this.simulator = parts.simulator;
    this.market = parts.market;
    this.#httpPort = parts.httpPort;
    this.keys = parts.options.symbols.map((symbol) => `${parts.options.segment}|${symbol}`);
  }

  static async open(options: RunningOptions): Promise<RunningIngestor> {
    const { protocol, symbols, startMicros, faults = {}, ratePerSecond = 40, hours = 'always' } = options;
    const clock = new ManualClock({ startMicros });
    const market = { seed: 42, instruments: symbols, ratePerSecond };
    const upstox = { token: () => TOKEN, hours };
    const simulator = await startSimulator({ ...market, protocol, port: 0, clock, log, faults, upstox });
    return new RunningIngestor({ options, clock, simulator, market, httpPort: await freePort() });
  }

  /** Starts the ingestor; resolves when it is up. */
  async start(): Promise<void> {
    const { protocol, hours = 'always', warmUpHours = 0 } = this.#options;
    const { ws, rest } = this.simulator.url;
    const config = configSchema.parse({
      dataDir: this.dataDir,
      sources: [
        {
          venue: protocol,
          instruments: this.keys,
          restUrl: rest,
          ...(protocol === 'upstox' ? { calendar: hours } : { wsUrl: ws }),
        },
      ],
      ingestor: {
        http: { port: this.#httpPort },
        recovery: { warmUpHours },
        disk: { reserveBytes: 0 },
      },
      backups: { everyMinutes: 0 },
    });
    const stop = new AbortController();
    this.#stop = stop;
    const up = { isUp: false };
    this.#running = ingest({
      config,
      version: 'test',
      clock: this.clock,
      log: { ...log, error: (...told: unknown[]) => void this.errors.push(told) },
      env: { TICKWRIGHT_UPSTOX_TOKEN: TOKEN },
      signal: stop.signal,
      abandon: (error) => {
        throw error;
      },
      onUp: () => {
        up.isUp = true;
      },
    });
    this.#running.catch((error: unknown) => this.errors.push(error));
    await this.until('it is up', async () => up.isUp);
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    this.#stop?.abort(new Error('over'));
    await this.#during(this.#running);
    this.#stop = undefined;
  }

  async status(): Promise<RunningStatus> {
    const answer = await this.#during(fetch(`http://127.0.0.1:${this.#httpPort}/api/v1/status`));
    return JSON.parse(await answer.text()) as RunningStatus;
  }

  /** The gaps that are neither filled nor given up. */
  async open(): Promise<readonly Gap[]> {
    return (await this.status()).gaps.filter(({ state }) => state !== 'unfillable');
  }

  async pass(ms: number, stepMs = 100): Promise<void> {
    const endMs = this.clock.monotonicMs() + ms;
    while (this.clock.monotonicMs() < endMs) await this.#step(stepMs);
  }

  async until(what: string, isSo: () => Promise<boolean>, limitMs = 600_000): Promise<void> {
    const endMs = this.clock.monotonicMs() + limitMs;
    while (!(await isSo())) {
      if (this.errors.length > 0) throw new Error(`before ${what}: ${JSON.stringify(this.errors)}`);
      if (this.clock.monotonicMs() > endMs)
        throw new Error(`waited in vain until ${what}: ${JSON.stringify(await this.status())}`);
      await this.pass(1_000, 250);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stop !== undefined) await this.stop().catch(() => undefined);
    await this.#during(this.simulator.stop());
  }

  async #step(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await realSleep(1);
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    const state = { isOver: false };
    const end = (): void => {
      state.isOver = true;
    };
    work.then(end, end);
    while (!state.isOver) await this.#step(10);
    return work;
  }
}
