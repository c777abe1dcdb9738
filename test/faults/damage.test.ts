import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp, recordings, root, temporaryFolder } from '../system/harness.ts';
import { FLIPPED, HARMS, LIVE, STATE, WAL, blockEdges, filesIn, flip } from './damage/damage-cases.ts';
import { contentOf, judge, makeImage } from './damage/damage-rig.ts';
import type { Content, Judged } from './damage/damage-rig.ts';
import { faultTest } from './rounds/fault-test.ts';
import { isLong, randomOf, seed, share } from './rounds/rounds.ts';

/** Of the fixed cases so many are run in `npm test`, chosen by the seed; all in the long form. */
const CASES_SHORT = 3;

// All cases and rounds share one data directory, made once; each harms a copy of it.
let made = '';
let image = '';
let whole: Content;

function copy(): string {
  const to = join(temporaryFolder(), 'data');
  // Nobody has the image's databases open, so that reading them drops no lock.
  cpSync(image, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
  return to;
}

async function damaged(harm: (dataDir: string) => void, startsFirst = false): Promise<Judged> {
  const dataDir = copy();
  harm(dataDir);
  const judged = await judge(dataDir, whole, startsFirst);
  if (judged.outcome !== 'SILENT') rmSync(dataDir, { recursive: true, force: true });
  return judged;
}

const fixed: Record<string, () => Promise<void>> = {
  'cutting the last journal file before, at and behind an edge of a block, or zeros or garbage at its end, take no stored tick away':
    async () => {
      const last = filesIn(image, /^journal\/.*\.tj$/).at(-1) ?? '';
      const bytes = readFileSync(last);
      const edges = blockEdges(bytes);
      const random = randomOf(seed);
      for (const edge of isLong ? edges : [edges[Math.floor(random() * edges.length)] ?? 0]) {
        const tails = [
          [edge - 1, ''],
          [edge, ''],
          [edge + 1, ''],
          [edge, '\0'.repeat(100)],
          [edge, 'garbage'.repeat(20)],
        ] as const;
        const [any] = [tails[Math.floor(random() * tails.length)] ?? tails[0]];
        for (const [tail, fill] of isLong ? tails : [any]) {
          const harm = (dir: string): void =>
            writeFileSync(
              last.replace(image, dir),
              Buffer.concat([bytes.subarray(0, tail), Buffer.from(fill)]),
            );
          const judged = await damaged(harm);
          expect(judged, `edge ${edge}, cut at ${tail}`).toMatchObject({ outcome: 'recovered' });
        }
      }
    },

  'an older copy of the tick file beside the newest parts is found stale, and made anew': async () => {
    const harm = (dir: string): void => {
      rmSync(join(dir, WAL), { force: true });
      cpSync(join(made, 'before-sealing.duckdb'), join(dir, LIVE));
    };
    expect(await damaged(harm)).toMatchObject({ outcome: 'recovered' });
  },

  'with its log and the journal gone, what was stored is refused at a start, then stated as lost':
    async () => {
      const dataDir = copy();
      rmSync(join(dataDir, WAL));
      rmSync(join(dataDir, 'journal'), { recursive: true });
      await expect(contentOf(dataDir)).rejects.toMatchObject({ code: 'store-loss', exitCode: 4 });
      const judged = await judge(dataDir, whole, false);
      expect(judged).toMatchObject({ outcome: 'stated' });
      expect(judged.told).toContain('"instrument":"BINANCE|BTCUSDT"');
    },

  'a tick file of a newer release is refused by name and left as it is': async () => {
    const dataDir = copy();
    spawnSync(process.execPath, ['-e', RAISE_VERSION, ENGINE, join(dataDir, LIVE)]);
    const bytes = readFileSync(join(dataDir, LIVE));
    const judged = await judge(dataDir, whole, true);
    expect(judged).toMatchObject({ outcome: 'refused' });
    expect(judged.told).toContain('schema version 99; this release knows up to');
    expect(readFileSync(join(dataDir, LIVE)).equals(bytes)).toBe(true);
  },

  'a process in another container, which the instance lock does not see, is caught by the lock of its database':
    async () => {
      const dataDir = copy();
      const other = spawn(process.execPath, ['-e', HOLD, ENGINE, join(dataDir, STATE)], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      try {
        await new Promise((resolve) => other.stdout.once('data', resolve));
        await expect(contentOf(dataDir)).rejects.toMatchObject({
          exitCode: 4,
          message: expect.stringContaining(String(other.pid)),
        });
        const judged = await judge(dataDir, whole, false);
        expect(judged).toMatchObject({ outcome: 'refused' });
        expect(judged.told).toContain(String(other.pid));
      } finally {
        other.kill('SIGKILL');
      }
    },
};

// Mended by a start first, or by a repair alone; in the long form each both ways.
for (const [at, [name, harm]] of Object.entries(HARMS).entries()) {
  const ways = isLong ? [false, true] : [(at + seed) % 2 === 0];
  fixed[`${name}: all is recovered`] = async () => {
    for (const startsFirst of ways)
      expect(await damaged(harm, startsFirst), `start first: ${startsFirst}`).toMatchObject({
        outcome: 'recovered',
      });
  };
}

function chosen(): [string, () => Promise<void>][] {
  const left = Object.entries(fixed);
  if (isLong) return share.number === 0 ? left : [];
  const random = randomOf(seed);
  return Array.from({ length: CASES_SHORT }, () => left.splice(Math.floor(random() * left.length), 1)).flat();
}

describe.skipIf(recordings === undefined)('damage (skipped where the recordings are absent)', () => {
  beforeAll(async () => {
    made = mkdtempSync(join(tmpdir(), 'tickwright-damage-'));
    image = await makeImage(made, recordings ?? '');
    const { content, mismatches } = await contentOf(copy());
    expect([content.ticks.length, mismatches]).toEqual([1_900, 0]);
    whole = content;
  }, 120_000);
  afterAll(async () => {
    await cleanUp();
    rmSync(made, { recursive: true, force: true });
  });

  for (const [name, run] of chosen()) test(`damage (seed ${seed}): ${name}`, run, 600_000);

  faultTest({
    name: 'damage',
    title:
      'a bit flipped anywhere in journal, databases, logs, parts, candle files or anchors is recovered, stated as a loss, or refused; none is silent',
    usual: 2,
    long: 3_000,
    roundLimitMs: 120_000,
    round: async ({ random }) => {
      const kinds = Object.entries(FLIPPED);
      const [kind, pattern] = kinds[Math.floor(random() * kinds.length)] ?? ['', /$^/];
      const place = [random(), random(), random()] as const;
      const startsFirst = random() < 0.5;
      let where = '';
      const started = performance.now();
      const harm = (dir: string): void => {
        where = flip(dir, pattern, place);
      };
      const judged = await damaged(harm, startsFirst);
      expect(judged.outcome, `${where}, start first ${startsFirst}: ${judged.told}`).not.toBe('SILENT');
      return {
        silent: 0,
        recovered: 0,
        stated: 0,
        refused: 0,
        [judged.outcome]: 1,
        [`of ${kind}`]: 1,
        'ms a flip': [performance.now() - started],
      };
    },
  });
});

const ENGINE = createRequire(join(root, 'libs/database/package.json')).resolve('@duckdb/node-api');

const RAISE_VERSION = `
const { DuckDBInstance } = require(process.argv[1]);
(async () => {
  const instance = await DuckDBInstance.create(process.argv[2]);
  const connection = await instance.connect();
  await connection.run('UPDATE state SET schema_version = 99');
  await connection.run('CHECKPOINT');
  connection.closeSync();
  instance.closeSync();
})();`;

/** Holds a database's own lock and no other. */
const HOLD = `
const { DuckDBInstance } = require(process.argv[1]);
DuckDBInstance.create(process.argv[2]).then((held) => {
  console.log('held');
  setInterval(() => held, 1000);
  process.stdin.on('end', () => process.exit()).resume();
});`;
