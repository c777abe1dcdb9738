import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { linkedSignal } from '@tickwright/runtime';
import type { Clock } from '@tickwright/runtime';

/** Looked at this often even where the system tells of changes: it does not on every file system. */
const POLL_MS = 200;

/** Notices that a file was replaced: by the system's word where there is one, by looking at it always. */
export class PublishWatch implements Disposable {
  readonly #path: string;
  readonly #clock: Clock;
  #watcher: FSWatcher | undefined;
  #identity = '';
  #wake: (() => void) | undefined;
  #isTold = false;

  constructor(options: { readonly path: string; readonly clock: Clock }) {
    this.#path = options.path;
    this.#clock = options.clock;
  }

  /** Resolves to true when the file is another than at the last call, to false after `limitMs` without that. */
  async next(limitMs: number, signal: AbortSignal): Promise<boolean> {
    const endMs = this.#clock.monotonicMs() + limitMs;
    for (;;) {
      this.#watch();
      const identity = await this.#look();
      if (identity !== this.#identity) {
        this.#identity = identity;
        return true;
      }
      const leftMs = endMs - this.#clock.monotonicMs();
      if (leftMs <= 0 || signal.aborted) return false;
      await this.#pause(Math.min(leftMs, POLL_MS), signal);
    }
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  async #look(): Promise<string> {
    try {
      const { ino, size, mtimeNs } = await stat(this.#path, { bigint: true });
      return `${ino} ${size} ${mtimeNs}`;
    } catch {
      // Not there yet, or its folder is being exchanged: the next look sees it.
      return '';
    }
  }

  #watch(): void {
    if (this.#watcher !== undefined) return;
    try {
      const name = basename(this.#path);
      const watcher = watch(dirname(this.#path), { persistent: false }, (_event, file) => {
        if (file !== null && file !== name) return;
        this.#isTold = true;
        this.#wake?.();
      });
      watcher.on('error', () => this[Symbol.dispose]());
      this.#watcher = watcher;
    } catch {
      // The folder does not exist yet, or the system has no watches left: looking is enough.
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#isTold) {
      this.#isTold = false;
      return;
    }
    using woken = linkedSignal(signal);
    this.#wake = () => woken.abort();
    await this.#clock.sleep(ms, woken.signal).catch(() => undefined);
    this.#wake = undefined;
    this.#isTold = false;
  }
}
