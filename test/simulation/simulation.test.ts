import { expect, test } from 'vitest';
import { simulate } from '../../apps/ingestor/src/simulation/simulation-fixture.ts';
import { faultTest } from '../faults/rounds/fault-test.ts';
import type { Round } from '../faults/rounds/fault-test.ts';
import type { Figures } from '../faults/rounds/figures.ts';
import { seed as firstSeed } from '../faults/rounds/rounds.ts';

/** Lines of its trace that a failing seed shows. */
const TRACE_SHOWN = 150;
/** Fewer may have met nothing by chance. */
const MANY = 50;

/** One seed, one sequence of events. Of one that fails the trace is shown: it is played again, and traced. */
async function round({ seed }: Round): Promise<Figures> {
  const { violation, events, lives, frames, ticks, checks } = await simulate(seed);
  if (violation !== undefined) {
    const { trace } = await simulate(seed, true);
    expect.fail([`after ${events} events: ${violation}`, ...trace.slice(-TRACE_SHOWN)].join('\n'));
  }
  const { commits, publications, whole, journals } = checks;
  return {
    violations: 0,
    events,
    lives,
    frames,
    ticks,
    'commits checked': commits,
    'publications checked': publications,
    'journals checked': journals,
    'whole states checked': whole,
  };
}

faultTest({
  name: 'simulation',
  title:
    'over seeds of crashes, disk and store faults, stalls, clock steps and a rough venue nothing durable is lost, doubled, or told otherwise than it came',
  usual: 200,
  long: 10_000,
  roundLimitMs: 2_000,
  toldEvery: 1_000,
  round,
  whole: (figures, rounds) => {
    if (rounds < MANY) return;
    // Otherwise nothing was promised: crashes happened, and ticks were stored and published between them.
    const least = { lives: 2, ticks: 20, 'commits checked': 1, 'publications checked': 1 };
    for (const [name, aRound] of Object.entries(least))
      expect(figures[name], name).toBeGreaterThan(aRound * rounds);
  },
});

test('a seed gives the same events, to the last one, whenever it is played', async () => {
  const hashes = new Set<number>();
  for (let seed = firstSeed; seed < firstSeed + 10; seed += 1) {
    const [first, , again] = [
      await simulate(seed),
      await simulate(seed + 1_000_000),
      await simulate(seed, true),
    ];
    expect(again.hash).toBe(first.hash);
    expect(again.events).toBe(first.events);
    hashes.add(first.hash);
  }
  expect(hashes.size).toBe(10);
});
