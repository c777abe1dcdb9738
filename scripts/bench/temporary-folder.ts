import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the time of a benchmark, removed whatever happens. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

const existing = new Set<string>();

export async function temporaryFolder(name: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `tickwright-bench-${name}-`));
  existing.add(path);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      existing.delete(path);
    },
  };
}

/** For the end by a signal, which disposes of nothing. */
export function removeFolders(): void {
  for (const path of existing) rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
