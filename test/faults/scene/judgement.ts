import { join } from 'node:path';
import type { TickJson } from '@tickwright/ingestor';
import { readJournal } from '@tickwright/journal';
import { FrameKind } from '@tickwright/market';
import { expect } from 'vitest';
import { tickwright } from '../../system/harness.ts';
import { comparison, isNamed, storedTicks } from '../../system/venue-script.ts';
import type { Figures } from '../rounds/figures.ts';
import { INSTRUMENTS, SEED } from './scene.ts';

const SPELL_PAUSE_MS = 3_600_000;

export interface Judged {
  readonly dataDir: string;
  /** What the venue was run with. */
  readonly rate: number;
  /** Frames below this offset were once told to be durable, or received where nothing may be lost. */
  readonly durableOffset: number;
}

/**
 * The last state of a round, with no ingestor running: verify agrees; every stored tick is what the venue's script says
 * of its id, once; every id that the script has between is stored or named as a gap; and every trade in a durable frame
 * is stored.
 */
export async function judge(options: Judged): Promise<Figures> {
  const { dataDir, rate, durableOffset } = options;
  const report = await tickwright(['verify', '--json', '--data-dir', dataDir]);
  expect(report.stdout, `verify said:\n${report.stderr}`).not.toBe('');
  const { problems, openGaps }: { problems: unknown[]; openGaps: string[] } = JSON.parse(report.stdout);
  expect(problems).toEqual([]);
  expect(report.code).toBe(0);

  const durable = await journaledIds(dataDir, durableOffset);
  const stored = await storedTicks(dataDir, INSTRUMENTS);
  let [ticks, missing, durableTicks] = [0, 0, 0];
  for (const [at, instrument] of INSTRUMENTS.entries()) {
    const here = stored[at] ?? [];
    const promised = durable.get(instrument) ?? [];
    expect(lost(promised, here), `${instrument}: durable and not stored`).toEqual([]);
    durableTicks += promised.length;
    // The quiet ones of the market may not have traded at all.
    if (here.length === 0) continue;
    const market = { seed: SEED, instruments: INSTRUMENTS.length, ratePerSecond: rate };
    const spells = spellsOf(here);
    for (const [number, spell] of spells.entries()) {
      const found = comparison({ ticks: spell, instrument, market });
      expect(found, instrument).toMatchObject({ different: 0, twice: 0 });
      const between = number === 0 ? [] : [idOf(spells[number - 1]?.at(-1)) + 1, idOf(spell[0]) - 1];
      const unnamed = [...found.missing, ...between].filter((id) => !isNamed(id, instrument, openGaps));
      expect(unnamed, `${instrument}: missing and not named by verify`).toEqual([]);
      missing += found.missing.length;
    }
    ticks += here.length;
  }
  // Otherwise the round has shown nothing.
  expect(durableTicks).toBeGreaterThan(0);
  return {
    'ticks stored': ticks,
    'in durable frames': durableTicks,
    'of these lost': 0,
    'stored twice': 0,
    'unlike the script': 0,
    'ids missing, each named as a gap': missing,
  };
}

/** Ticks in order of time, cut where there are none for long: the script of a day between is too long to be compared. */
function spellsOf(ticks: readonly TickJson[]): TickJson[][] {
  const spells: TickJson[][] = [];
  let endMs = Number.NEGATIVE_INFINITY;
  for (const tick of ticks) {
    const timeMs = Date.parse(tick.eventTime);
    if (timeMs > endMs + SPELL_PAUSE_MS) spells.push([]);
    spells.at(-1)?.push(tick);
    endMs = timeMs;
  }
  return spells;
}

function idOf(tick: TickJson | undefined): number {
  return tick?.tradeId ?? -1;
}

function lost(promised: readonly number[], stored: readonly TickJson[]): number[] {
  const ids = new Set(stored.map((tick) => tick.tradeId));
  return promised.filter((id) => !ids.has(id));
}

/** By instrument, the ids of the trades in the journal below an offset, by plain JSON. */
async function journaledIds(dataDir: string, to: number): Promise<Map<string, number[]>> {
  const ids = new Map<string, number[]>();
  for await (const block of readJournal({ directory: join(dataDir, 'journal'), to })) {
    for (let frame = 0; frame < block.count; frame += 1) {
      if (block.sources[block.source[frame] ?? 0]?.kind !== FrameKind.message) continue;
      const text = block.bytes.subarray(block.start[frame], block.end[frame]).toString();
      const { data } = JSON.parse(text);
      if (data?.e !== 'trade') continue;
      const key = `SIM|${data.s}`;
      const known = ids.get(key);
      if (known === undefined) ids.set(key, [data.t]);
      else known.push(data.t);
    }
  }
  return ids;
}
