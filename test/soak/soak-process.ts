import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MemorySample, SoakSettings } from './settings.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const STDERR_KEPT = 20_000;

/** One process of a soak: what it says of its memory, and its end. */
export class SoakProcess {
  readonly samples: MemorySample[] = [];
  readonly up: Promise<void>;
  readonly ended: Promise<number | string>;
  stderr = '';
  readonly #child: ChildProcess;

  constructor(program: 'simulator-child.ts' | 'ingestor-child.ts', settings: SoakSettings) {
    const args = ['--expose-gc', '--import', 'tsx', join(folder, program), JSON.stringify(settings)];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_KEPT);
    });
    this.ended = new Promise((done) => {
      this.#child.on('close', (code, signal) => done(code ?? signal ?? 'unknown'));
    });
    this.up = new Promise((isUp, hasFailed) => {
      let rest = '';
      this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (line === 'up') isUp();
          else this.samples.push(JSON.parse(line) as MemorySample);
        }
      });
      void this.ended.then((code) =>
        hasFailed(new Error(`${program} ended with ${code} before it was up:\n${this.stderr}`)),
      );
    });
    // Nobody may be waiting for it when the process is ended on purpose.
    this.up.catch(() => undefined);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
