import { DatabaseDamagedError } from '@tickwright/database';
import type { Clock, Log } from '@tickwright/runtime';
import { checkDatabases, sizeOf } from '../preflight/database-check.ts';
import type { TrialDepth } from '../preflight/database-check.ts';
import type { Finding } from '../preflight/finding.ts';
import { checkCandleFiles, checkParts } from '../preflight/parquet-check.ts';
import { ingestorDatabases } from '../preflight/store-databases.ts';
import type { StoreDatabase } from '../preflight/store-databases.ts';
import { hasLog, repairDatabase } from './database-repair.ts';
import type { Action } from './database-repair.ts';
import { setAside } from './quarantine.ts';

export interface StartRepairOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The part of the preflight that every start makes, within a second and before anything is opened: databases that have a
 * log, or all of them when the last run did not end cleanly, are tried in child processes and mended as far as that is
 * safe; sealed parts are looked at for their size. The caller holds the instance lock.
 */
export async function repairBeforeStart(
  options: StartRepairOptions & { readonly endedCleanly: boolean },
): Promise<Action[]> {
  const { dataDir, log } = options;
  const due: StoreDatabase[] = [];
  for (const database of ingestorDatabases(dataDir)) {
    const isEmpty = (await sizeOf(database.path)) === 0;
    if (isEmpty || !options.endedCleanly || (await hasLog(database.path))) due.push(database);
  }
  const [actions, parts] = await Promise.all([mended(options, due, 'opening'), checkParts(dataDir, 'size')]);
  for (const { subject, found, toDo } of parts.filter(({ severity }) => severity === 'error'))
    log.error(
      { path: subject, found, toDo },
      'a sealed part is damaged; its ticks are not read until it is mended',
    );
  return actions;
}

/**
 * What can be done after opening has failed, so that trying once more makes sense: the database that was called damaged
 * is read whole in a child process, and mended where that finds it so; candle files that cannot be read are set aside.
 * Returns the actions, none when nothing was found; the candle files are for the caller to make anew.
 */
export async function repairAfterFailure(
  options: StartRepairOptions,
  error: unknown,
): Promise<{ actions: Action[]; candleFiles: string[] }> {
  if (error instanceof DatabaseDamagedError) {
    const database = ingestorDatabases(options.dataDir).find(({ path }) => path === error.path);
    const actions = database === undefined ? [] : await mended(options, [database], 'whole');
    if (actions.length > 0) return { actions, candleFiles: [] };
  }
  return setAsideCandleFiles(options, await checkCandleFiles(options.dataDir));
}

/** Sets aside the candle files that findings name. */
export async function setAsideCandleFiles(
  { dataDir, clock, log }: StartRepairOptions,
  findings: readonly Finding[],
): Promise<{ actions: Action[]; candleFiles: string[] }> {
  const actions: Action[] = [];
  const candleFiles: string[] = [];
  for (const { target, found } of findings) {
    if (target?.kind !== 'candles') continue;
    const { path } = target;
    const quarantine = await setAside({ dataDir, clock, paths: [path], reason: 'damaged-candles', found });
    candleFiles.push(path);
    actions.push({
      subject: path,
      did: 'set the candle file aside; it is made anew from the ticks',
      quarantine,
    });
    log.warn(
      { path, found, quarantine },
      'a damaged candle file was set aside; it is made anew from the ticks',
    );
  }
  return { actions, candleFiles };
}

async function mended(
  { dataDir, clock, log }: StartRepairOptions,
  databases: readonly StoreDatabase[],
  depth: TrialDepth,
): Promise<Action[]> {
  const actions: Action[] = [];
  for (const [at, { findings }] of (await checkDatabases(databases, depth)).entries()) {
    const database = databases[at];
    const damage = findings.find(({ target }) => target !== undefined);
    if (database === undefined || damage === undefined) continue;
    const { found } = damage;
    const done = await repairDatabase({ dataDir, clock, database, found, depth });
    log.warn({ path: database.path, found, did: done.map(({ did }) => did) }, 'a database was found damaged');
    actions.push(...done);
  }
  return actions;
}
