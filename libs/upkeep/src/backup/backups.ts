import type { Clock, Log } from '@tickwright/runtime';
import { BackupError } from './backup-errors.ts';
import { listBackups, pruneBackups } from './backup-list.ts';
import type { BackupLimits, ListedBackup } from './backup-list.ts';
import { makeBackup } from './making.ts';
import type { MadeBackup, MakeBackupOptions } from './making.ts';
import type { BackupManifest } from './manifest.ts';
import { RemoteCopyError, copyRemotely } from './remote-copy.ts';

export interface BackupsOptions {
  /** The name of the process whose data it is. */
  readonly owner: string;
  readonly dataDir: string;
  readonly directory: string;
  readonly roots: readonly string[];
  readonly take: MakeBackupOptions['take'];
  /** Runs the making of one while what must not happen meanwhile waits; at once unless given. */
  readonly still?: <T>(work: () => Promise<T>) => Promise<T>;
  readonly keep: BackupLimits;
  /** Run on each finished backup. */
  readonly command?: readonly string[] | undefined;
  readonly commandTimeoutMs: number;
  readonly instance: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BackupsHealth {
  state: 'idle' | 'running';
  /** The newest good one there is, made in this run or before; 0: none. Microseconds UTC. */
  lastMicros: number;
  lastDurationMs: number;
  lastBytes: number;
  lastName: string | undefined;
  made: number;
  failures: number;
  commandFailures: number;
  lastError: string | undefined;
}

/** A backup as the API and the command line list it. */
export interface BackupJson {
  readonly name: string;
  readonly folder: string;
  /** What is wrong with its manifest; null when nothing is. */
  readonly problem: string | null;
  readonly time: string | null;
  readonly reason: string | null;
  readonly offset: number | null;
  readonly bytes: number | null;
  readonly files: number | null;
  readonly ticks: number | null;
  readonly durationMs: number | null;
}

/** Makes a process's backups, one at a time, removes old ones and has new ones copied elsewhere. */
export class Backups implements AsyncDisposable {
  readonly health: BackupsHealth = {
    state: 'idle',
    lastMicros: 0,
    lastDurationMs: 0,
    lastBytes: 0,
    lastName: undefined,
    made: 0,
    failures: 0,
    commandFailures: 0,
    lastError: undefined,
  };
  readonly directory: string;
  readonly #options: BackupsOptions;
  readonly #stopping = new AbortController();
  #running: Promise<BackupJson> | undefined;
  #next: Promise<BackupJson> | undefined;

  constructor(options: BackupsOptions) {
    this.#options = options;
    this.directory = options.directory;
  }

  /** Learns of the backups that earlier runs have made. */
  async begin(): Promise<void> {
    const newest = (await listBackups(this.directory)).findLast(
      ({ manifest }) => manifest?.owner === this.#options.owner,
    );
    if (newest?.manifest !== undefined) this.#remember(newest.name, newest.manifest);
  }

  /** Makes one as of now. While one is being made, all who ask share the next. Errors: BackupError and the sources'. */
  make(reason: string, asked?: AbortSignal): Promise<BackupJson> {
    const stopping = this.#stopping.signal;
    const signal = asked === undefined ? stopping : AbortSignal.any([asked, stopping]);
    if (this.#running === undefined) return this.#begin(reason, signal);
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#begin(reason, signal);
      });
    return this.#next;
  }

  async list(): Promise<BackupJson[]> {
    return (await listBackups(this.directory)).map(backupJson);
  }

  /** Ends a backup that is being made; what is finished stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(
      new BackupError('the backup was stopped with the process that made it', { canRetry: true }),
    );
    await this.#next?.catch(() => undefined);
    await this.#running?.catch(() => undefined);
  }

  /** Ages in memory only, for status and metrics. */
  ageMs(): number | null {
    const { lastMicros } = this.health;
    return lastMicros === 0 ? null : Math.max(0, (this.#options.clock.nowMicros() - lastMicros) / 1_000);
  }

  #begin(reason: string, signal: AbortSignal): Promise<BackupJson> {
    this.#running = this.#make(reason, signal).finally(() => {
      this.#running = undefined;
      this.health.state = 'idle';
    });
    return this.#running;
  }

  async #make(reason: string, signal: AbortSignal): Promise<BackupJson> {
    const { log, still = atOnce } = this.#options;
    this.health.state = 'running';
    let made: MadeBackup;
    try {
      made = await still(() => this.#backUp(reason, signal));
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
      throw error;
    }
    const { name, manifest } = made;
    this.#remember(name, manifest);
    this.health.made += 1;
    this.health.lastError = undefined;
    const { bytes, durationMs } = manifest;
    log.info({ name, reason, bytes, durationMs, offset: manifest.journal?.offset }, 'made a backup');
    await this.#prune();
    await this.#copyRemotely(made, signal);
    return backupJson({ ...made, problem: undefined });
  }

  #backUp(reason: string, signal: AbortSignal): Promise<MadeBackup> {
    const { dataDir, directory, owner, roots, take, instance, version, clock, log } = this.#options;
    const common = { dataDir, directory, owner, roots, take, instance, clock, log };
    return makeBackup({ ...common, release: version, reason, signal });
  }

  /** A new backup is no less good because an old one could not be removed. */
  async #prune(): Promise<void> {
    const { clock, keep, log } = this.#options;
    try {
      const removed = await pruneBackups(this.directory, keep, clock.nowMicros());
      if (removed.length > 0) log.info({ removed }, 'removed old backups');
    } catch (error) {
      log.warn({ error }, 'old backups could not be removed; the next backup tries again');
    }
  }

  /** A failure is told and counted; the next backup holds all of this one and is copied, too. */
  async #copyRemotely({ folder, name }: MadeBackup, signal: AbortSignal): Promise<void> {
    const { command, commandTimeoutMs: timeoutMs, log } = this.#options;
    if (command === undefined) return;
    try {
      const output = await copyRemotely({
        command,
        folder,
        timeoutMs,
        signal,
      });
      log.info({ name, output }, 'copied the backup with the configured command');
    } catch (error) {
      if (!(error instanceof RemoteCopyError)) throw error;
      if (signal.aborted) return;
      this.health.commandFailures += 1;
      this.health.lastError = error.message;
      log.warn({ name, error: error.message, output: error.output }, 'the backup was not copied elsewhere');
    }
  }

  #failed(error: unknown): void {
    this.health.failures += 1;
    this.health.lastError = error instanceof Error ? error.message : String(error);
    this.#options.log.warn({ error: this.health.lastError }, 'a backup could not be made');
  }

  #remember(name: string, manifest: BackupManifest): void {
    Object.assign(this.health, {
      lastMicros: Date.parse(manifest.time) * 1_000,
      lastDurationMs: manifest.durationMs,
      lastBytes: manifest.bytes,
      lastName: name,
    });
  }
}

async function atOnce<T>(work: () => Promise<T>): Promise<T> {
  return await work();
}

export function backupJson({ name, folder, manifest, problem }: ListedBackup): BackupJson {
  return {
    name,
    folder,
    problem: problem ?? null,
    time: manifest?.time ?? null,
    reason: manifest?.reason ?? null,
    offset: manifest?.journal?.offset ?? null,
    bytes: manifest?.bytes ?? null,
    files: manifest?.files.length ?? null,
    ticks: manifest === undefined ? null : ticksIn(manifest),
    durationMs: manifest?.durationMs ?? null,
  };
}

/** Of the live file and what is sealed; an interrupted sealing's file counts, for its parts do not count yet. */
function ticksIn({ databases, files }: BackupManifest): number {
  const live = databases.reduce((sum, { tables }) => sum + (tables['ticks'] ?? 0), 0);
  const sealed = files.filter(({ path }) => path.startsWith('ticks/') && path.endsWith('.parquet'));
  return sealed.reduce((sum, { rows = 0 }) => sum + rows, live);
}
