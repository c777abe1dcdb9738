import { expect, test } from 'vitest';
import { startFromSource } from '../testing/child.ts';

test.skipIf(process.platform === 'win32')(
  'the first signal asks to stop, the second ends the process at once (skipped: Windows has no signals)',
  async () => {
    for (const [first, second, code] of [
      ['SIGTERM', 'SIGINT', 130],
      ['SIGINT', 'SIGTERM', 143],
    ] as const) {
      const child = startFromSource('signals-child.ts');
      expect(await child.line()).toBe('ready');
      child.kill(first);
      expect(await child.line()).toBe(`stop ${first}`);
      child.kill(second);
      expect(await child.ended()).toBe(code);
    }
  },
);
