import { join } from 'node:path';
import { FrameKind } from '@tickwright/market';
import { readJournal } from '@tickwright/journal';
import { afterEach, expect, test } from 'vitest';
import { Process, cleanUp, eventually, freePort, temporaryFolder, tickwright } from '../system/harness.ts';
import { randomOf, rounds, seed } from './rounds.ts';

afterEach(cleanUp);

const INSTRUMENTS = ['SIM|ALPHA', 'SIM|BRAVO', 'SIM|CHARLIE', 'SIM|DELTA', 'SIM|ECHO'];
const RATE = 2_000;
const ROUNDS = rounds(10);

interface Offsets {
  readonly durableOffset: number;
  readonly appliedOffset: number;
}

async function offsets(url: string): Promise<Offsets | undefined> {
  try {
    const status = JSON.parse(await (await fetch(`${url}/api/v1/status`)).text());
    return { durableOffset: status.journal.durableOffset, appliedOffset: status.tickFile.appliedOffset };
  } catch {
    return undefined;
  }
}

/** Ids of the trades in the journal below an offset, by plain JSON. */
async function journaledIds(dataDir: string, to: number): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const block of readJournal({ directory: join(dataDir, 'journal'), to })) {
    for (let frame = 0; frame < block.count; frame += 1) {
      if (block.sources[block.source[frame]].kind !== FrameKind.message) continue;
      const text = block.bytes.subarray(block.start[frame], block.end[frame]).toString();
      const data = JSON.parse(text).data;
      if (data?.e === 'trade') ids.add(`SIM|${data.s} ${data.t}`);
    }
  }
  return ids;
}

async function storedIds(dataDir: string): Promise<string[]> {
  const all: string[] = [];
  for (const instrument of INSTRUMENTS) {
    const done = await tickwright([
      'ticks',
      instrument,
      '--from',
      '2020-01-01',
      '--json',
      '--data-dir',
      dataDir,
    ]);
    const ticks: { tradeId: number }[] = JSON.parse(done.stdout);
    all.push(...ticks.map(({ tradeId }) => `${instrument} ${tradeId}`));
  }
  return all;
}

test(
  `kill: an ingestor killed at ${ROUNDS} random moments under 2,000 ticks/s loses nothing that was durable and stores nothing twice`,
  async () => {
    const random = randomOf(seed);
    const dataDir = temporaryFolder();
    const [venuePort, httpPort] = [await freePort(), await freePort()];
    const common = [
      '--data-dir',
      dataDir,
      '--set',
      `simulator.port=${venuePort}`,
      '--set',
      `ingestor.http.port=${httpPort}`,
    ];
    const simulator = new Process(['simulate', ...common, '--rate', String(RATE)]);
    await simulator.until(/simulating a market/);
    const url = `http://127.0.0.1:${httpPort}`;
    let durable = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const ingestor = new Process(['ingest', ...common]);
      const before = durable;
      await eventually(
        async () => {
          const seen = await offsets(url);
          return seen !== undefined && seen.durableOffset > before + 200 ? seen : undefined;
        },
        { what: `frames in round ${round} of seed ${seed}:\n${ingestor.stderr}` },
      );
      const untilMs = Date.now() + random() * 1_500;
      while (Date.now() < untilMs) {
        const seen = await offsets(url);
        if (seen !== undefined) durable = Math.max(durable, seen.durableOffset);
      }
      ingestor.kill('SIGKILL');
      await ingestor.ended;
    }
    const verified = await tickwright(['verify', '--data-dir', dataDir]);
    expect(`${verified.stdout}${verified.stderr}`, `seed ${seed}`).toContain('everything agrees');
    expect(verified.code).toBe(0);

    const stored = await storedIds(dataDir);
    const distinct = new Set(stored);
    expect(stored.length - distinct.size, `stored twice, seed ${seed}`).toBe(0);
    const missing = [...(await journaledIds(dataDir, durable))].filter((id) => !distinct.has(id));
    expect(missing, `durable and not stored, seed ${seed}`).toEqual([]);
    expect(distinct.size).toBeGreaterThan(ROUNDS * 100);
  },
  60_000 + ROUNDS * 15_000,
);
