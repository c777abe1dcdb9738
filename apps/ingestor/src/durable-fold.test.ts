import { expect, test } from 'vitest';
import { expectDurableFold } from './durable-fold-fixture.ts';

test('whatever was called durable is there after a power loss, and so is every tick that followed from it, unchanged', async () => {
  // Otherwise the test has promised nothing.
  expect(await expectDurableFold({ runs: 60 })).toBeGreaterThan(500);
});
