import { expect, test } from 'vitest';
import { RemoteCopyError, copyRemotely } from './remote-copy.ts';

const FOLDER = '/backups/a name; with $(things)';

function run(program: string, told: Partial<Parameters<typeof copyRemotely>[0]> = {}): Promise<string> {
  const command = [process.execPath, '-e', program, 'x={folder}'];
  return copyRemotely({ command, folder: FOLDER, timeoutMs: 30_000, ...told });
}

test('the command gets the folder as it is, and no shell sees it', async () => {
  expect(await run('console.log(process.argv[1])')).toBe(`x=${FOLDER}\n`);
});

test('without a place for it the folder is the last argument', async () => {
  const command = [process.execPath, '-e', 'console.log(process.argv.slice(1).join())', 'a'];
  expect(await copyRemotely({ command, folder: FOLDER, timeoutMs: 30_000 })).toBe(`a,${FOLDER}\n`);
});

test('a command that fails tells its exit code and what it printed', async () => {
  const failed = await run(`console.error('no such bucket'); process.exit(7)`).catch(
    (error: unknown) => error,
  );
  expect(failed).toBeInstanceOf(RemoteCopyError);
  expect(failed).toMatchObject({
    message: expect.stringContaining('exit code 7'),
    output: 'no such bucket\n',
  });
});

test('a command that does not end is ended', async () => {
  await expect(run('setInterval(() => {}, 1000)', { timeoutMs: 300 })).rejects.toThrow(/longer than 0.3 s/);
  const signal = AbortSignal.timeout(300);
  await expect(run('setInterval(() => {}, 1000)', { signal })).rejects.toThrow(RemoteCopyError);
});

test('a program that is not there is told', async () => {
  const command = ['/no/such/program'];
  await expect(copyRemotely({ command, folder: FOLDER, timeoutMs: 1_000 })).rejects.toThrow(/ENOENT/);
});
