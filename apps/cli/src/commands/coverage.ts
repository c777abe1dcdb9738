import type { CoverageJson, CoverageQuery } from '@tickwright/ingestor';
import { ExitCode, systemClock } from '@tickwright/runtime';
import { readableCoverage } from '../coverage-text.ts';
import { jsonRows } from '../formats.ts';
import { ownerOf } from '../owner.ts';
import type { Owner } from '../owner.ts';
import { settings } from '../settings.ts';
import { flaggedKeys } from '../sources.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { timeRange } from '../times.ts';
import { UnknownInstrumentError } from '../unknown-instrument.ts';
import type { VerifyFlags } from './verify.ts';

/** `verify --coverage`: is there a candle for each minute in which one is expected? Exit 8 when some are missing. */
export async function coverageCommand(terminal: Terminal, flags: VerifyFlags): Promise<number> {
  const range = timeRange(flags, systemClock.nowMicros());
  const keys = flaggedKeys(flags);
  const query = { ...range, ...(keys.length === 0 ? {} : { instruments: keys }) };
  const config = await settings(terminal, flags);
  const owner = await ownerOf(config, terminal);
  const rows = await covered(owner, query, { dataDir: config.dataDir, signal: terminal.signal });
  await print(terminal.stdout, flags.json === true ? jsonRows(rows) : readableCoverage(rows));
  return rows.some(({ missing }) => missing > 0) ? ExitCode.mismatch : ExitCode.ok;
}

async function covered(
  owner: Owner,
  query: CoverageQuery,
  { dataDir, signal }: { dataDir: string; signal: AbortSignal },
): Promise<CoverageJson[]> {
  if (owner.kind === 'running') {
    const { fromMicros, toMicros, instruments } = query;
    const parameters = new URLSearchParams();
    if (fromMicros !== undefined) parameters.set('from', String(fromMicros));
    if (toMicros !== undefined) parameters.set('to', String(toMicros));
    if (instruments !== undefined) parameters.set('instruments', instruments.join(','));
    const path = `/api/v1/coverage?${parameters.toString()}`;
    return (await (await owner.ask(path)).json()) as CoverageJson[];
  }
  await using owned = await owner.open('verify');
  const known = owned.core.instruments.list().map(({ key }) => key);
  const unknown = query.instruments?.find((key) => !known.some((one) => one === key));
  if (unknown !== undefined) throw new UnknownInstrumentError({ key: unknown, known, dataDir });
  const { coreCoverage } = await import('@tickwright/ingestor');
  const rows: CoverageJson[] = [];
  for await (const some of coreCoverage(owned.core, query, signal)) rows.push(...some);
  return rows;
}
