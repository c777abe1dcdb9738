import { performance } from 'node:perf_hooks';
import { expect } from 'vitest';
import { Process, eventually, freePort, temporaryFolder } from '../../system/harness.ts';
import type { Ended } from '../../system/harness.ts';

export const INSTRUMENTS = ['SIM|ALPHA', 'SIM|BRAVO', 'SIM|CHARLIE', 'SIM|DELTA', 'SIM|ECHO'];
/** Of the market. */
export const SEED = 7;
/** For anything that a loaded machine may delay. */
export const LIMIT_MS = 120_000;

export interface IngestorStatus {
  readonly pid: number;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly journal: { readonly durableOffset: number; readonly nextOffset: number };
  readonly tickFile: { readonly state: string; readonly appliedOffset: number };
  readonly ticks: Readonly<Record<string, number>>;
}

export function hasEnded({ child }: Process): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** A venue, a data directory, and the ingestors that a round starts on it, one after the other. */
export class Scene {
  readonly dataDir: string;
  readonly url: string;
  readonly rate: number;
  readonly #settings: readonly string[];
  readonly #under: readonly string[];
  #venue: Process | undefined;
  /** Frames below this were told to be durable. */
  durableOffset = 0;

  private constructor(options: {
    dataDir: string;
    ports: number[];
    rate: number;
    under: readonly string[];
    set: readonly string[];
  }) {
    const { dataDir, rate, under } = options;
    const [venuePort, httpPort] = options.ports;
    this.dataDir = dataDir;
    this.rate = rate;
    this.url = `http://127.0.0.1:${httpPort}`;
    this.#under = under;
    // Hours of candles of a market this fast are a lot to fold for the simulator, and nothing to these tests.
    const quick = 'ingestor.recovery.warmUpHours=0';
    const set = [`simulator.port=${venuePort}`, `ingestor.http.port=${httpPort}`, quick, ...options.set];
    this.#settings = ['--data-dir', dataDir, ...set.flatMap((each) => ['--set', each])];
  }

  /** `under`: what an ingestor is started by, as of `Process`. */
  static async open(
    options: { rate?: number; dataDir?: string; under?: readonly string[]; set?: readonly string[] } = {},
  ): Promise<Scene> {
    const { rate = 2_000, dataDir = temporaryFolder(), under = [], set = [] } = options;
    const scene = new Scene({ dataDir, rate, under, set, ports: [await freePort(), await freePort()] });
    await scene.openVenue();
    return scene;
  }

  /** The venue's trades are a function of seed and time: one that is started again goes on where time is. */
  async openVenue(): Promise<void> {
    const market = ['--rate', String(this.rate), '--seed', String(SEED)];
    this.#venue = new Process(['simulate', ...this.#settings, ...market]);
    await this.#venue.until(/simulating a market/, LIMIT_MS);
  }

  async closeVenue(): Promise<void> {
    this.#venue?.kill('SIGKILL');
    await this.#venue?.ended;
  }

  /** Starts an ingestor and does not wait for it. `script`: another program than the command line. */
  start(
    options: {
      script?: readonly string[];
      under?: readonly string[];
      env?: Readonly<Record<string, string>>;
    } = {},
  ): Process {
    const { under = this.#under, script, env = {} } = options;
    return new Process(['ingest', ...this.#settings], { ...env }, { under, ...(script && { script }) });
  }

  /** What the ingestor says of itself; undefined while none answers. */
  async status(): Promise<IngestorStatus | undefined> {
    try {
      const answer = await fetch(`${this.url}/api/v1/status`, { signal: AbortSignal.timeout(5_000) });
      const status: IngestorStatus = JSON.parse(await answer.text());
      if (status.journal === undefined) return undefined;
      this.durableOffset = Math.max(this.durableOffset, status.journal.durableOffset);
      return status;
    } catch {
      return undefined;
    }
  }

  /** Waits for a state of this very ingestor. */
  async until(
    ingestor: Process,
    what: string,
    holds: (status: IngestorStatus) => boolean,
  ): Promise<IngestorStatus> {
    let last: IngestorStatus | undefined;
    return eventually(
      async () => {
        if (hasEnded(ingestor)) {
          throw new Error(
            `the ingestor ended (${ingestor.child.exitCode}) before ${what}:\n${ingestor.stderr}`,
          );
        }
        last = await this.status();
        return last !== undefined && holds(last) ? last : undefined;
      },
      {
        limitMs: LIMIT_MS,
        what: () => `${what}; it is ${JSON.stringify(last)}; the ingestor said:\n${ingestor.stderr}`,
      },
    );
  }

  /** Starts an ingestor; resolves when it does its job again, with how long that took. */
  async startReady(): Promise<{ ingestor: Process; backMs: number }> {
    const startedMs = performance.now();
    const ingestor = this.start();
    await this.until(ingestor, 'it was ready', (status) => status.ready);
    return { ingestor, backMs: performance.now() - startedMs };
  }

  /** Waits until so many frames more than now are durable and so many ticks stored. */
  async moreFrames(ingestor: Process, frames: number): Promise<void> {
    const from = this.durableOffset;
    await this.until(ingestor, `${frames} more frames`, ({ journal, tickFile }) => {
      return journal.durableOffset >= from + frames && tickFile.appliedOffset >= from + frames;
    });
  }

  /** SIGTERM, an end in order, and how long it took. */
  async stop(ingestor: Process): Promise<{ ended: Ended; stopMs: number }> {
    await this.status();
    const askedMs = performance.now();
    ingestor.kill('SIGTERM');
    const ended = await this.ended(ingestor);
    expect(ended.code, ended.stderr).toBe(0);
    return { ended, stopMs: performance.now() - askedMs };
  }

  /** Waits for the end of a process that has been told to end, or that cannot run. */
  async ended(ingestor: Process): Promise<Ended> {
    await eventually(() => (hasEnded(ingestor) ? true : undefined), {
      limitMs: LIMIT_MS,
      what: () => `the end of the ingestor, which said:\n${ingestor.stderr}`,
    });
    return ingestor.ended;
  }
}
