import type { Config } from '@tickwright/config';
import { TickwrightError, systemClock } from '@tickwright/runtime';
import { checkClock, checkDisk, checkNode, checkPort } from '@tickwright/upkeep';
import type { Finding, VenueTime } from '@tickwright/upkeep';
import { requireSources } from './sources.ts';
import type { Terminal } from './terminal.ts';

const BINANCE_REST = 'https://api.binance.com';

/** What the machine and the configuration are like: everything that a preflight looks at beside the store. */
export async function environmentFindings(options: {
  readonly config: Config;
  readonly terminal: Terminal;
  readonly isRunning: boolean;
}): Promise<Finding[]> {
  const { config, terminal, isRunning } = options;
  const { ingestor, dataDir } = config;
  const [disk, port, ...clocks] = await Promise.all([
    checkDisk(dataDir),
    checkPort({ name: 'ingestor HTTP', ...ingestor.http, isOurs: isRunning }),
    ...venueTimes(config).map((time) => checkClock(time, systemClock, terminal.signal)),
  ]);
  const threadPoolSize = terminal.env['UV_THREADPOOL_SIZE'];
  const node = checkNode({ nodeVersion: process.versions.node, threadPoolSize });
  return [...node, disk, ...clocks, port, configurationFinding(config)];
}

/** Where the configured venues tell their time; a venue that has no such page is left out. */
function venueTimes({ sources, simulator }: Config): VenueTime[] {
  const bases = new Map<string, string>();
  for (const { venue, restUrl } of sources) {
    if (venue === 'simulated') bases.set(venue, restUrl ?? `http://127.0.0.1:${simulator.port}`);
    if (venue === 'binance') bases.set(venue, restUrl ?? BINANCE_REST);
  }
  const json = [...bases].map(
    ([venue, base]) => ({ venue, url: `${base}/api/v3/time`, kind: 'json' }) as const,
  );
  const others = sources.filter(({ venue, restUrl }) => !bases.has(venue) && restUrl !== undefined);
  return [
    ...json,
    ...others.map(({ venue, restUrl = '' }) => ({ venue, url: restUrl, kind: 'header' }) as const),
  ];
}

function configurationFinding(config: Config): Finding {
  const base = { check: 'configuration', subject: 'configuration', canRepair: false };
  try {
    requireSources(config);
    return { ...base, severity: 'ok', found: 'correct', toDo: '' };
  } catch (error) {
    if (!(error instanceof TickwrightError)) throw error;
    return { ...base, severity: 'error', found: error.message, toDo: 'tickwright config check' };
  }
}
