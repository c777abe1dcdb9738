import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { startFromSource } from '../testing/child.ts';
import { claimInProcess } from './process-claim.ts';

test('one of many who claim a name at once gets it, and the others are told what it says', async () => {
  const name = randomUUID();
  const claims = await Promise.all(
    Array.from({ length: 20 }, (_, i) => claimInProcess({ name, text: `claim ${i}` })),
  );
  const winners = claims.filter((claim) => claim.kind === 'claimed');
  expect(winners).toHaveLength(1);
  const texts = new Set(claims.flatMap((claim) => (claim.kind === 'held' ? [claim.text] : [])));
  expect(texts.size).toBe(1);
  expect([...texts][0]).toMatch(/^claim \d+$/);
  await winners[0]?.release();
  const next = await claimInProcess({ name, text: 'next' });
  expect(next.kind).toBe('claimed');
  if (next.kind === 'claimed') await next.release();
});

test("names do not stand in each other's way, nor does another process that has the same one", async () => {
  const one = await claimInProcess({ name: 'one', text: '' });
  const two = await claimInProcess({ name: 'two', text: '' });
  const child = startFromSource('claim-child.ts', ['one']);
  expect(await child.line()).toBe('claimed');
  await once(child.process, 'exit');
  for (const claim of [one, two]) {
    expect(claim.kind).toBe('claimed');
    if (claim.kind === 'claimed') await claim.release();
  }
});
