import { instrumentNames } from '@tickwright/simulator';
import { Child } from './children.ts';
import type { Flags, Message } from './children.ts';

/** The parts of the status report that benchmarks read. */
export interface IngestorStatus {
  readonly uptimeMs: number;
  readonly eventLoopLagMs: number;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly journal: { readonly nextOffset: number; readonly durableOffset: number };
  readonly tickFile: {
    readonly state: string;
    readonly appliedOffset: number;
    readonly waitingRows: number;
    readonly lastDurationMs: number;
  };
  readonly candles: {
    readonly cycles: number;
    readonly missedCycles: number;
    readonly failures: number;
    readonly retries: number;
    readonly lastDurationMs: number;
  };
  readonly ticks: { readonly accepted: number; readonly duplicates: number };
}

/** The product's ingestor in a process of its own, with a port of its own. */
export class Ingestor implements AsyncDisposable {
  readonly #child: Child;
  readonly #address: string;

  /** `settings` are configuration values, as `--set` takes them. */
  static async start(flags: Flags, settings: readonly string[] = []): Promise<Ingestor> {
    const set = ['ingestor.http.port=0', ...settings];
    const child = Child.command('ingest', { ...flags, set, 'log-level': 'warn' });
    try {
      const up = await child.receive<Message & { addresses: { http: string } }>('up');
      return new Ingestor(child, up.addresses.http);
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(child: Child, address: string) {
    this.#child = child;
    this.#address = address;
  }

  get pid(): number {
    return this.#child.pid;
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(this.#address + path);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  async text(path: string): Promise<string> {
    return (await fetch(this.#address + path)).text();
  }

  status(): Promise<IngestorStatus> {
    return this.get<IngestorStatus>('/api/v1/status');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}

/** The product's simulated venue in a process of its own, and the flags by which an ingestor takes all of it. */
export async function startSimulation(market: {
  instruments: number;
  rate: number;
}): Promise<{ child: Child; flags: Flags }> {
  const child = Child.command('simulate', {
    port: 0,
    rate: market.rate,
    seed: 1,
    set: [`simulator.instruments=${market.instruments}`],
    'log-level': 'warn',
  });
  const up = await child.receive<Message & { addresses: { venue: string } }>('up');
  const url = up.addresses.venue;
  const instruments = instrumentNames(market.instruments).map((name) => `SIM|${name}`);
  const flags = {
    venue: 'simulated',
    instruments: instruments.join(','),
    'ws-url': url,
    'rest-url': url.replace('ws:', 'http:'),
  };
  return { child, flags };
}
