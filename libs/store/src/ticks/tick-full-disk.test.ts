import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FullDiskReport } from './tick-full-disk-fixture.ts';
import { open, ticksOf } from './tick-fixture.ts';

/** What the shell lets a file of the child grow to, KiB: the engine gets EFBIG where a full disk gives ENOSPC. */
const FILE_KIB_MAX = 3000;

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'full-'));
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

async function writeUntilFull(): Promise<FullDiskReport> {
  const script = fileURLToPath(new URL('./tick-full-disk-fixture.ts', import.meta.url));
  const node = [
    process.execPath,
    '--conditions',
    '@tickwright/source',
    '--import',
    import.meta.resolve('tsx'),
    script,
  ];
  const child = spawn('bash', ['-c', `trap '' XFSZ; ulimit -f ${FILE_KIB_MAX}; exec "$@"`, 'bash', ...node], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send(dataDir);
  const [report] = (await once(child, 'message')) as [FullDiskReport];
  await once(child, 'close');
  return report;
}

const isLinux = process.platform === 'linux';

test.skipIf(!isLinux)(
  'on a full disk reload tells what is stored, and no tick is lost or doubled (Linux only)',
  async () => {
    const report = await writeUntilFull();
    // The engine has stopped in the checkpoint after a commit: the case in which a blind retry would double the ticks.
    expect(report.cause).toContain('DatabaseInvalidError');
    expect(report.applied).toBeGreaterThanOrEqual(report.acknowledged);
    expect(report.ticks).toBe(ticksOf(0, report.applied).length);
    await using file = await open(dataDir);
    expect([file.appliedOffset, await file.countTicks({})]).toEqual([report.applied, report.ticks]);
  },
);
