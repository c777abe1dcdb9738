import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import { ManualClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { JobQueue } from './job-queue.ts';

export const quietLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
export const NOON = Date.parse('2026-11-20T12:00:00Z') * 1_000;

const folders: string[] = [];

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tickwright-jobs-test-'));
  folders.push(folder);
  return folder;
}

/** For `afterEach`. */
export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** A queue over a file of its own, which can be closed and opened again as another process would. */
export class QueueRig implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly path: string;
  database: Database;
  queue: JobQueue;

  private constructor(parts: { clock: ManualClock; path: string; database: Database; queue: JobQueue }) {
    this.clock = parts.clock;
    this.path = parts.path;
    this.database = parts.database;
    this.queue = parts.queue;
  }

  static async open(
    options: { endedKeptDays?: number; endedRunsMax?: number; startMicros?: number } = {},
  ): Promise<QueueRig> {
    const { startMicros = NOON, ...limits } = options;
    const clock = new ManualClock({ startMicros });
    const path = join(await temporaryFolder(), 'state.duckdb');
    // The queue's clock is told what time it is; the database's deadlines go by the real one.
    const database = await openDatabase({ path, log: quietLog });
    const queue = await JobQueue.open({ database, clock, log: quietLog, random: () => 0.5, ...limits });
    return new QueueRig({ clock, path, database, queue });
  }

  /** As after a crash: nothing is said goodbye to. */
  async reopen(): Promise<void> {
    await this.database.close();
    this.database = await openDatabase({ path: this.path, log: quietLog });
    this.queue = await JobQueue.open({
      database: this.database,
      clock: this.clock,
      log: quietLog,
      random: () => 0.5,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close();
  }
}
