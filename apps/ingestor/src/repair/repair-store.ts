import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { LostSpan } from '@tickwright/market';
import { acquireInstanceLock } from '@tickwright/runtime';
import { partSumPath, readPartSum } from '@tickwright/store';
import type { PartExtension, TickPart } from '@tickwright/store';
import {
  addKnownDamage,
  checkStore,
  finishRestore,
  hashOf,
  ingestorDatabases,
  repairDatabase,
  setAside,
  setAsideCandleFiles,
} from '@tickwright/upkeep';
import type { Action, CheckedStore, Finding } from '@tickwright/upkeep';
import { catalogue } from '@tickwright/venues';
import type { Core } from '../core.ts';
import type { OfflineOptions } from '../offline.ts';
import { spansOfLoss } from './lost-spans.ts';
import type { LostRange } from './lost-spans.ts';
import { rebuildDifferingHours } from './rebuilt-candles.ts';
import { rebuildPart } from './rebuilt-parts.ts';
import { openRepairedCore } from './repaired-core.ts';

export interface StoreRepair {
  readonly before: CheckedStore;
  readonly actions: readonly Action[];
  /** Frames that are lost for good. */
  readonly lost: readonly LostRange[];
  /** What that means for each instrument; these are gaps now. */
  readonly spans: readonly LostSpan[];
  readonly after: CheckedStore;
}

interface Work extends OfflineOptions {
  readonly signal: AbortSignal;
}

/**
 * Mends a data directory in which no ingestor runs: what is damaged goes into quarantine and is made anew from what is
 * whole; what cannot be is stated as lost, in the report and as gaps. Nothing is touched where a database is held by
 * another process or written by a newer release. Errors: InstanceLockedError (exit 4).
 */
export async function repairStore(work: Work): Promise<StoreRepair> {
  const { dataDir } = work.config;
  const directory = join(dataDir, 'ingestor');
  await mkdir(directory, { recursive: true });
  await using _lock = await acquireInstanceLock(directory, { instanceId: randomUUID() });
  await finishRestore(dataDir, work.log);
  const before = await checkStore({ dataDir, isRunning: false });
  const isRefused = before.findings.some(
    ({ severity, target, isAlone }) => severity === 'error' && target === undefined && isAlone !== true,
  );
  if (isRefused) return { before, actions: [], lost: [], spans: [], after: before };
  const actions: Action[] = [];
  actions.push(...(await repairDatabases(work, before.findings)));
  const parts = await setAsideParts(work, before.findings, actions);
  actions.push(...(await setAsideCandleFiles({ ...work, dataDir }, before.findings)).actions);
  actions.push(...(await keepJournalDamage(work, before.findings)));
  const { lost, spans } = await rebuild(work, parts, actions);
  const isChanged =
    actions.length + spans.length > 0 || before.findings.some(({ severity }) => severity === 'error');
  const after = isChanged ? await checkStore({ dataDir, isRunning: false }) : before;
  return { before, actions, lost, spans, after };
}

async function repairDatabases({ config, clock }: Work, findings: readonly Finding[]): Promise<Action[]> {
  const { dataDir } = config;
  const actions: Action[] = [];
  for (const database of ingestorDatabases(dataDir)) {
    const found = findings.find(({ target }) => target?.kind === 'database' && target.path === database.path);
    if (found === undefined) continue;
    actions.push(...(await repairDatabase({ dataDir, clock, database, found: found.found, depth: 'whole' })));
  }
  return actions;
}

/** A part that was set aside, and how many ticks it had. */
interface LostPart {
  readonly part: TickPart;
  /** What it held. */
  readonly extension: PartExtension;
  readonly sealed: number | undefined;
}

const PART = /segment=([A-Z][A-Z0-9_]*)[/\\]date=([\d-]+)[/\\](\d+)-(\d+)\.(parquet|venue)$/;

async function setAsideParts(
  { config, clock }: Work,
  findings: readonly Finding[],
  actions: Action[],
): Promise<LostPart[]> {
  const parts: LostPart[] = [];
  for (const { target, found } of findings) {
    if (target?.kind !== 'part') continue;
    const { path } = target;
    const [, segment = '', date = '', first, last, ending] = PART.exec(path) ?? [];
    const extension = ending === 'venue' ? 'venue' : 'parquet';
    const part = { segment, date, firstOffset: Number(first), lastOffset: Number(last), path };
    parts.push({ part, extension, sealed: (await readPartSum(path))?.ticks });
    const paths = [path, partSumPath(path)];
    const quarantine = await setAside({
      dataDir: config.dataDir,
      clock,
      paths,
      reason: 'damaged-part',
      found,
    });
    actions.push({ subject: path, did: 'set the sealed part aside', quarantine });
  }
  return parts;
}

/** A damaged journal file stays where it is, for its whole blocks; a copy of it as it was found goes into quarantine. */
async function keepJournalDamage({ config, clock }: Work, findings: readonly Finding[]): Promise<Action[]> {
  const { dataDir } = config;
  const actions: Action[] = [];
  for (const { target, found } of findings) {
    if (target?.kind !== 'journal') continue;
    const { path, missing } = target;
    const paths = [path];
    const reason = 'damaged-journal';
    const quarantine = await setAside({ dataDir, clock, paths, reason, found, how: 'copy' });
    const stated = new Date(clock.nowMicros() / 1_000).toISOString();
    await addKnownDamage(dataDir, [{ file: basename(path), sha256: await hashOf(path), stated, missing }]);
    actions.push({ subject: path, did: 'kept a copy; its whole blocks stay in use', quarantine });
  }
  return actions;
}

async function rebuild(
  { config, version, clock, log, signal }: Work,
  parts: readonly LostPart[],
  actions: Action[],
): Promise<{ lost: LostRange[]; spans: LostSpan[] }> {
  const venues = catalogue.names().map((name) => catalogue.venue(name));
  await using core = await openRepairedCore({
    dataDir: config.dataDir,
    instance: randomUUID(),
    version,
    venues,
    memoryHours: config.ingestor.memoryHours,
    journal: config.ingestor.journal,
    clock,
    log,
    endedCleanly: true,
    acceptsLoss: true,
  });
  const lost: LostRange[] = [...core.lost];
  for (const { part, extension, sealed } of parts) {
    const rows = await rebuildPart(core, { part, extension, venues });
    const of = sealed === undefined ? '' : ` of ${sealed}`;
    const isInLive = part.firstOffset >= core.tickFile.stats.sealedOffset;
    const what = extension === 'venue' ? 'venue rows' : 'ticks';
    const did = isInLive ? `its ${what} are in the live file again` : `made it anew: ${rows}${of} ${what}`;
    actions.push({ subject: part.path, did, quarantine: undefined });
    // What a venue told and the journal does not have any more can be asked for again: no tick is lost with it.
    if (isInLive || extension === 'venue' || (sealed !== undefined && rows >= sealed)) continue;
    lost.push({ firstOffset: part.firstOffset, endOffset: part.lastOffset + 1, segment: part.segment });
  }
  const spans = await statedLoss(core, lost);
  await core.settle();
  for (const { segment, hourMicros } of await rebuildDifferingHours(core, signal)) {
    const subject = `candles of ${segment}, ${new Date(hourMicros / 1_000).toISOString().slice(0, 13)}h`;
    actions.push({ subject, did: 'made them anew from the ticks', quarantine: undefined });
  }
  return { lost, spans };
}

/** Also without a range: ids may be missing that nothing tells of. */
async function statedLoss(core: Core, lost: readonly LostRange[]): Promise<LostSpan[]> {
  const spans = await spansOfLoss(core, lost);
  core.stateLoss('found by a repair', spans);
  return spans;
}
