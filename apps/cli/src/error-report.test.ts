import { ExitCode, TickwrightError } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { reportError } from './error-report.ts';
import { fakeTerminal } from './terminal-fixture.ts';

class Full implements AsyncDisposable {
  async [Symbol.asyncDispose](): Promise<void> {
    throw new TickwrightError('the files could not be closed', { code: 'close' });
  }
}

test('an error on the way and one while things were put away are both told, the first first, without a stack', async () => {
  const terminal = fakeTerminal([]);
  const failing = async (): Promise<void> => {
    await using _outer = new Full();
    await using _inner = new Full();
    throw new TickwrightError('the journal cannot write', { code: 'full', exitCode: ExitCode.store });
  };
  const error = await failing().catch((caught: unknown) => caught);
  expect(await reportError(terminal, error)).toBe(ExitCode.store);
  expect(terminal.stderr.text).toBe(
    'tickwright: the journal cannot write\n' +
      'tickwright: then, while it ended: the files could not be closed\n' +
      'tickwright: then, while it ended: the files could not be closed\n',
  );
});
