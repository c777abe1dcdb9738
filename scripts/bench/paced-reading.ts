import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a reader process found, as it tells its parent. */
export interface Readings {
  readonly type: 'readings';
  readonly latenciesMs: readonly number[];
  /** How old the data of each answer were. */
  readonly agesMs: readonly number[];
  readonly failures: readonly string[];
}

const QUERIES_PER_SECOND = 5;

/**
 * Says that it is ready, waits to be told to begin, then asks at an even pace for so long; a query that takes longer
 * delays the next.
 */
export async function readAtPace(
  seconds: number,
  query: (number: number) => Promise<{ ageMs: number }>,
): Promise<void> {
  const latenciesMs: number[] = [];
  const agesMs: number[] = [];
  const failures: string[] = [];
  process.on('disconnect', () => process.exit(0));
  // The first costs what starting a process costs, and that is not what is measured.
  await query(0).catch(() => undefined);
  const begun = once(process, 'message');
  process.send?.({ type: 'ready' });
  await begun;
  const beginMs = performance.now();
  for (let number = 0; number < seconds * QUERIES_PER_SECOND; number += 1) {
    await sleep(Math.max(0, beginMs + (number * 1000) / QUERIES_PER_SECOND - performance.now()));
    if (performance.now() - beginMs > seconds * 1000) break;
    const startMs = performance.now();
    try {
      const { ageMs } = await query(number);
      agesMs.push(ageMs);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
    latenciesMs.push(performance.now() - startMs);
  }
  const readings: Readings = { type: 'readings', latenciesMs, agesMs, failures };
  process.send?.(readings, () => process.disconnect());
}
