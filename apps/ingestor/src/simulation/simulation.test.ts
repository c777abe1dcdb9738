import { expect, test } from 'vitest';
import { simulate } from './simulation-fixture.ts';

const asked = Number(process.env['TICKWRIGHT_FAULT_ROUNDS']);
const ROUNDS = Number.isInteger(asked) && asked > 0 ? asked : 200;
const FIRST = Number(process.env['TICKWRIGHT_FAULT_SEED'] ?? 1);

test('simulation', async () => {
  const t0 = performance.now();
  let events = 0, lives = 0, frames=0, ticks=0, failed = 0;
  const checks: Record<string, number> = {};
  for (let seed = FIRST; seed < FIRST + ROUNDS; seed += 1) {
    const o = await simulate(seed);
    events += o.events; lives += o.lives; frames += o.frames; ticks += o.ticks;
    for (const [k,v] of Object.entries(o.checks)) checks[k] = (checks[k]??0)+v;
    if (o.violation !== undefined) { failed++; if (failed < 15) console.log(seed, o.events, o.lives, o.violation); if (ROUNDS===1) console.log(o.trace.slice(-120).join('\n')); }
  }
  console.log({ events, lives, frames, ticks, failed, ms: performance.now() - t0, checks });
  expect(failed).toBe(0);
}, 6_000_000);
