import { afterEach, expect, test } from 'vitest';
import { cleanUp, eventually } from '../system/harness.ts';
import { startProbedIngestor } from '../system/probed-process.ts';
import type { ProbedIngestor } from '../system/probed-process.ts';

afterEach(cleanUp);

/** The strict form measures, and is for a machine that does nothing else: `npm run test:faults -- --only "slow queries"`. */
const isStrict = process.env['TICKWRIGHT_FAULT_ROUNDS'] !== undefined;

const STRICT_MS = 30_000;
const RATE_STRICT = 50_000;
const READ_CONNECTIONS = 4;
const READS_WAITING_MAX = 1_024;

interface Figures {
  readonly readsInFlight: number;
  readonly readsWaiting: number;
  readonly commits: number;
  readonly commitsMs: readonly number[];
  readonly ended: readonly string[];
}

async function figures(ingestor: ProbedIngestor): Promise<Figures> {
  return (await ingestor.ask('figures', { owner: 'tick file' })) as unknown as Figures;
}

/** How long an answer took; what it says of the ingestor's state, good or not, is added to the reasons. */
async function healthMs(url: string, reasons = new Set<string>()): Promise<number> {
  const startedMs = performance.now();
  const answer = await fetch(`${url}/health`);
  const report: { reasons: string[] } = JSON.parse(await answer.text());
  for (const reason of report.reasons) reasons.add(reason);
  return performance.now() - startedMs;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function told(values: readonly number[]): string {
  const shares = [0.5, 0.9, 0.99, 1].map((share) => percentile(values, share).toFixed(1));
  return `p50 ${shares[0]} ms, p90 ${shares[1]} ms, p99 ${shares[2]} ms, max ${shares[3]} ms of ${values.length}`;
}

test('with every read connection busy and the read queue full, health answers, commits go on, and a stop takes less than 5 s', async () => {
  await using ingestor = await startProbedIngestor({ ratePerSecond: 500 });
  const count = READ_CONNECTIONS + READS_WAITING_MAX + 10;
  await ingestor.ask('read', { owner: 'tick file', count, deadlineMs: 120_000 });
  const before = await eventually(
    async () => {
      const now = await figures(ingestor);
      return now.readsInFlight === READ_CONNECTIONS && now.readsWaiting === READS_WAITING_MAX
        ? now
        : undefined;
    },
    { what: 'a full read queue' },
  );
  await eventually(
    async () => {
      await healthMs(ingestor.url);
      return (await figures(ingestor)).commits >= before.commits + 5 ? true : undefined;
    },
    { what: 'commits' },
  );
  const after = await figures(ingestor);
  expect(after).toMatchObject({ readsInFlight: READ_CONNECTIONS, readsWaiting: READS_WAITING_MAX });
  expect(after.ended).toEqual(Array.from({ length: 10 }, () => 'database-busy'));
  const metrics = await (await fetch(`${ingestor.url}/metrics`)).text();
  expect(metrics).toContain(`tickwright_database_reads_waiting{database="tick file"} ${READS_WAITING_MAX}`);
  const stoppedMs = performance.now();
  ingestor.process.kill('SIGTERM');
  const { code, stderr } = await ingestor.process.ended;
  expect(performance.now() - stoppedMs, stderr).toBeLessThan(5_000);
  expect(code, stderr).toBe(0);
});

test.runIf(isStrict)(
  'slow queries: 32 of them leave /health under 20 ms and commits under 250 ms at p99, with the venue at full tilt',
  async () => {
    await using ingestor = await startProbedIngestor({ ratePerSecond: RATE_STRICT });
    await ingestor.ask('watch', { owner: 'tick file' });
    const idle: number[] = [];
    for (let i = 0; i < 100; i += 1) idle.push(await healthMs(ingestor.url));
    const skipped = (await figures(ingestor)).commitsMs.length;
    await ingestor.ask('read', { owner: 'tick file', count: 32, deadlineMs: STRICT_MS * 2 });
    const health: number[] = [];
    const reasons = new Set<string>();
    const endMs = performance.now() + STRICT_MS;
    while (performance.now() < endMs) {
      health.push(await healthMs(ingestor.url, reasons));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { commitsMs, readsInFlight } = await figures(ingestor);
    const commits = commitsMs.slice(skipped);
    process.stdout.write(
      `slow queries, ${RATE_STRICT} ticks/s asked for, ${readsInFlight} reads running\n` +
        `  /health before: ${told(idle)}\n  /health: ${told(health)}\n  commits: ${told(commits)}\n  verdicts: ${[...reasons].join('; ') || 'good'}\n`,
    );
    expect(readsInFlight).toBe(READ_CONNECTIONS);
    expect(percentile(health, 0.99)).toBeLessThan(20);
    expect(percentile(commits, 0.99)).toBeLessThan(250);
  },
  STRICT_MS * 3,
);
