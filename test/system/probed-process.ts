import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Process, eventually, freePort, root, temporaryFolder } from './harness.ts';

/** Modules that are loaded before everything else make the pool: what the launcher does with it has to come before them. */
const POOL = join(root, 'apps/cli/bin/thread-pool.cjs');
const PROBE = pathToFileURL(join(root, 'test/system/database-probe.mjs')).href;

export type Answer = Readonly<Record<string, unknown>>;

/** A simulated venue and a real `tickwright ingest` over it, with the probe of its databases loaded into it. */
export interface ProbedIngestor extends AsyncDisposable {
  readonly process: Process;
  readonly dataDir: string;
  readonly url: string;
  ask(order: string, options?: Answer): Promise<Answer>;
}

export async function startProbedIngestor(options: {
  readonly ratePerSecond: number;
  /** Further modules to load before everything else. */
  readonly preload?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}): Promise<ProbedIngestor> {
  const dataDir = temporaryFolder();
  const [venuePort, httpPort] = [await freePort(), await freePort()];
  const common = ['--data-dir', dataDir, '--set', `simulator.port=${venuePort}`];
  const simulator = new Process(['simulate', ...common, '--rate', String(options.ratePerSecond)]);
  await simulator.until(/simulating a market/);
  const address = join(dataDir, 'probe.sock');
  const ingestor = new Process(['ingest', ...common, '--set', `ingestor.http.port=${httpPort}`], {
    ...options.env,
    ...probedEnvironment(address, options.preload),
  });
  await ingestor.until(/"msg":"ingesting"/);
  const probe = await openProbe(address);
  return {
    process: ingestor,
    dataDir,
    url: `http://127.0.0.1:${httpPort}`,
    ask: probe.ask,
    async [Symbol.asyncDispose]() {
      probe.close();
      ingestor.kill('SIGKILL');
      simulator.kill('SIGTERM');
      await Promise.all([ingestor.ended, simulator.ended]);
    },
  };
}

/** What a process is started with that obeys a probe. `address`: the path of its socket. */
export function probedEnvironment(address: string, preload: readonly string[] = []): Record<string, string> {
  const imports = [...preload, PROBE].map((module) => `--import=${module}`);
  return {
    NODE_OPTIONS: [`--require=${POOL}`, ...imports].join(' '),
    // The launcher's own setting comes too late behind modules that are loaded before it.
    UV_THREADPOOL_SIZE: '16',
    PROBE_ADDRESS: address,
  };
}

export interface Probe {
  ask(order: string, options?: Answer): Promise<Answer>;
  close(): void;
}

/** Waits for the probe of a process that has been started. */
export async function openProbe(address: string): Promise<Probe> {
  const socket = await connected(address);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return {
    async ask(order, details = {}) {
      socket.write(`${JSON.stringify({ order, ...details })}\n`);
      const line = await lines.next();
      const answer = JSON.parse(String(line.value));
      if ('error' in answer) throw new Error(answer.error);
      return answer;
    },
    close: () => void socket.destroy(),
  };
}

async function connected(address: string): Promise<Socket> {
  return eventually(
    async () => {
      const socket = createConnection(address);
      try {
        await once(socket, 'connect');
      } catch {
        return undefined;
      }
      socket.on('error', () => undefined);
      return socket;
    },
    { what: 'the probe' },
  );
}
