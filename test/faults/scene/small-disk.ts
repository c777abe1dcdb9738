import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, cpSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../system/harness.ts';

/** It ends by itself when nobody ends it. */
const LIFE_SECONDS = 1_200;
const STEP = Buffer.alloc(64 * 1_024, 1);

const MOUNT = `mount -t tmpfs -o size="$2" tmpfs "$1" && mkdir "$1/data" && echo ready && exec sleep ${LIFE_SECONDS}`;

/**
 * A file system of its own size in a namespace that its processes share: it can be filled and freed again, and what is
 * on it can be copied out, without any right beyond a user's own.
 */
export class SmallDisk implements AsyncDisposable {
  /** Inside the namespace. */
  readonly dataDir: string;
  /** What a process is started by, so that it sees the disk. */
  readonly under: readonly string[];
  /** The disk as it is reached from here. */
  readonly #folder: string;
  readonly #keeper: ReturnType<typeof spawn>;

  private constructor(keeper: ReturnType<typeof spawn>, folder: string) {
    this.#keeper = keeper;
    this.#folder = `/proc/${keeper.pid}/root${folder}`;
    this.dataDir = join(folder, 'data');
    this.under = ['nsenter', '-t', String(keeper.pid), '-U', '-m', '--preserve-credentials'];
  }

  /** Why there can be none here; undefined where there can. */
  static readonly missing: string | undefined = ((): string | undefined => {
    if (process.platform !== 'linux') return 'Linux only';
    const tried = spawnSync(
      'unshare',
      ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /tmp && command -v nsenter'],
      {
        encoding: 'utf8',
      },
    );
    return tried.status === 0 ? undefined : 'user namespaces with a tmpfs are not allowed here';
  })();

  static async open(bytes: number): Promise<SmallDisk> {
    const folder = temporaryFolder();
    const keeper = spawn('unshare', ['-rm', 'sh', '-c', MOUNT, 'sh', folder, String(bytes)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(keeper.stdout, 'data');
    return new SmallDisk(keeper, folder);
  }

  /** Takes all space but so many bytes. */
  fill(leftBytes: number): void {
    const reserve = join(this.#folder, 'reserve');
    const file = openSync(reserve, 'w');
    if (leftBytes > 0) writeSync(file, Buffer.alloc(leftBytes, 1));
    closeSync(file);
    const filler = openSync(join(this.#folder, 'filler'), 'a');
    try {
      for (;;) writeSync(filler, STEP);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(filler);
      rmSync(reserve);
    }
  }

  free(): void {
    rmSync(join(this.#folder, 'filler'), { force: true });
  }

  /** The data directory as it is now, in a folder that everybody sees. */
  copyOut(): string {
    const to = join(temporaryFolder(), 'data');
    cpSync(join(this.#folder, 'data'), to, { recursive: true });
    return to;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keeper.kill('SIGKILL');
    if (this.#keeper.exitCode === null && this.#keeper.signalCode === null) await once(this.#keeper, 'close');
  }
}
