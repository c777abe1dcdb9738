// Has another process open a database file. Not exported by the package.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const HOLDER = fileURLToPath(new URL('./file-holder-fixture.ts', import.meta.url));

export interface Holder extends AsyncDisposable {
  /** Closes the file in order. */
  release(): Promise<void>;
}

/** Resolves once the other process has the file. */
export async function holdElsewhere(path: string): Promise<Holder> {
  const node = ['--conditions', '@tickwright/source', '--import', import.meta.resolve('tsx'), HOLDER, path];
  const child = spawn(process.execPath, node, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'close');
  await Promise.race([once(child, 'message'), ended]);
  if (child.exitCode !== null) throw new Error(`the holder of ${path} ended with ${child.exitCode}`);
  const release = async (): Promise<void> => {
    if (child.connected) child.send('go');
    await ended;
  };
  return { release, [Symbol.asyncDispose]: release };
}
