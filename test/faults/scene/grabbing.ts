import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../processes/grabber.ts', import.meta.url));

/** Another process that takes a database file in the first moment in which nobody has it. */
export class Grabber {
  readonly #child: ChildProcess;
  #isHolding = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (said) => {
      if (said === 'held') this.#isHolding = true;
    });
  }

  /** Resolves when it could begin at once. It ends with this process. */
  static async start(path: string): Promise<Grabber> {
    const node = ['--conditions', '@tickwright/source', '--import', import.meta.resolve('tsx'), SCRIPT, path];
    const child = spawn(process.execPath, node, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const grabber = new Grabber(child);
    await once(child, 'message');
    return grabber;
  }

  get isHolding(): boolean {
    return this.#isHolding;
  }

  go(): void {
    this.#child.send('go');
  }

  async release(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.send('release');
    await ended;
  }
}
