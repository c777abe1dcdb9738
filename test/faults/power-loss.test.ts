import { expectDurableFold } from '../../apps/ingestor/src/durable-fold-fixture.ts';
import { faultTest } from './rounds/fault-test.ts';

/** Lives of a journal in one round, each with up to four power losses. */
const LIVES = 20;

faultTest({
  name: 'power-loss',
  title:
    'after writes and syncs that fail and power losses that drop what was not synced, every frame that was called durable is there, and every tick of it unchanged',
  usual: 1,
  long: 500,
  roundLimitMs: 60_000,
  round: async ({ seed }) => ({
    lives: LIVES,
    'frames called durable': await expectDurableFold({ runs: LIVES, seed }),
    'of these lost': 0,
  }),
});
