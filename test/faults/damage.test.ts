import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp, recordings, root, temporaryFolder } from '../system/harness.ts';
import { contentOf, judge, makeImage } from './damage-rig.ts';
import type { Content, Judged } from './damage-rig.ts';
import { randomOf, rounds, seed } from './rounds.ts';

const SHORT = 10;
/** A long run says how far it is. */
const REPORT_EVERY = 10;
const ROUNDS = rounds(SHORT);
const LIVE = 'live/ticks_today.duckdb';
const WAL = `${LIVE}.wal`;
const STATE = 'state.duckdb';

describe.skipIf(recordings === undefined)('damage (skipped where the recordings are absent)', () => {
  let folder = '';
  let image = '';
  let whole: Content;

  beforeAll(async () => {
    folder = temporaryFolder();
    image = await makeImage(folder, recordings ?? '');
    const { content, mismatches } = await contentOf(copy('whole'));
    expect([content.ticks.length, mismatches]).toEqual([1_900, 0]);
    whole = content;
  }, 120_000);
  afterAll(cleanUp);

  function copy(name: string): string {
    const to = join(folder, name);
    spawnSync('cp', ['-r', image, to]);
    return to;
  }

  async function damaged(
    name: string,
    harm: (dataDir: string) => void,
    startsFirst = false,
  ): Promise<Judged> {
    const dataDir = copy(name);
    harm(dataDir);
    const judged = await judge(dataDir, whole, startsFirst);
    rmSync(dataDir, { recursive: true, force: true });
    return judged;
  }

  const cases: Record<string, (dataDir: string) => void> = {
    'the log deleted': (dir) => rmSync(join(dir, WAL)),
    'the log emptied': (dir) => truncateSync(join(dir, WAL)),
    'the log overwritten with zeros': (dir) =>
      writeFileSync(join(dir, WAL), Buffer.alloc(statSync(join(dir, WAL)).size)),
    'the log overwritten with garbage': (dir) =>
      writeFileSync(join(dir, WAL), Buffer.alloc(statSync(join(dir, WAL)).size, 'garbage')),
    "another database's log": (dir) => cpSync(join(dir, `${STATE}.wal`), join(dir, WAL)),
    'the log torn': (dir) => truncateSync(join(dir, WAL), Math.floor(statSync(join(dir, WAL)).size / 2)),
    "the gap ledger's log deleted": (dir) => rmSync(join(dir, `${STATE}.wal`), { force: true }),
    'the tick file deleted': (dir) => rmSync(join(dir, LIVE)),
    'the tick file and its log deleted': (dir) => [LIVE, WAL].forEach((one) => rmSync(join(dir, one))),
    'the tick file truncated': (dir) => truncateSync(join(dir, LIVE), 300_000),
    'the tick file of 0 bytes': (dir) => truncateSync(join(dir, LIVE)),
    'the gap ledger deleted': (dir) =>
      [STATE, `${STATE}.wal`].forEach((one) => rmSync(join(dir, one), { force: true })),
    'the gap ledger of 0 bytes': (dir) => truncateSync(join(dir, STATE)),
    'a sealed part deleted': (dir) => rmSync(filesIn(dir, /^ticks\/.*\.parquet$/)[0] ?? ''),
    'all candle files deleted': (dir) => rmSync(join(dir, 'live/candles'), { recursive: true }),
  };

  // In the short form each is mended either by a start or by a repair; in the long one by both.
  const named = Object.entries(cases).map(([name, harm], at) => ({ name, harm, at }));
  test.each(named)('damage: $name: all is recovered', async ({ name, harm, at }) => {
    const both = [false, true];
    for (const startsFirst of ROUNDS > SHORT ? both : [both[at % 2] ?? false]) {
      const judged = await damaged(
        `${name} ${String(startsFirst)}`.replaceAll(/\W/g, '-'),
        harm,
        startsFirst,
      );
      expect(judged).toMatchObject({ outcome: 'recovered' });
    }
  });

  test('damage: the last journal file cut before, at and behind an edge of a block, zeroed or garbled at its end, takes no stored tick away', async () => {
    const last = filesIn(image, /^journal\/.*\.tj$/).at(-1) ?? '';
    const bytes = readFileSync(last);
    const edges = blockEdges(bytes);
    const random = randomOf(seed);
    const picked = ROUNDS > SHORT ? edges : [edges[Math.floor(random() * edges.length)] ?? 0];
    for (const edge of picked) {
      for (const [tail, fill] of [
        [edge - 1, ''],
        [edge, ''],
        [edge + 1, ''],
        [edge, '\0'.repeat(100)],
        [edge, 'garbage'.repeat(20)],
      ] as const) {
        const harm = (dir: string): void =>
          writeFileSync(
            last.replace(image, dir),
            Buffer.concat([bytes.subarray(0, tail), Buffer.from(fill)]),
          );
        const judged = await damaged('edge', harm);
        expect(judged, `edge ${edge}, cut at ${tail}, seed ${seed}`).toMatchObject({ outcome: 'recovered' });
        if (ROUNDS <= SHORT && tail !== edge - 1) break;
      }
    }
  }, 600_000);

  test('damage: an older copy of the tick file beside the newest parts is found stale, and made anew', async () => {
    const harm = (dir: string): void => {
      rmSync(join(dir, WAL), { force: true });
      cpSync(join(folder, 'before-sealing.duckdb'), join(dir, LIVE));
    };
    expect(await damaged('stale', harm)).toMatchObject({ outcome: 'recovered' });
  });

  test('damage: with its log and the journal gone, what was stored is refused at a start, then stated as lost', async () => {
    const harm = (dir: string): void => {
      rmSync(join(dir, WAL));
      rmSync(join(dir, 'journal'), { recursive: true });
    };
    const dataDir = copy('no-journal');
    harm(dataDir);
    await expect(contentOf(dataDir)).rejects.toMatchObject({ code: 'store-loss', exitCode: 4 });
    const judged = await judge(dataDir, whole, false);
    expect(judged).toMatchObject({ outcome: 'stated' });
    expect(judged.told).toContain('"instrument":"BINANCE|BTCUSDT"');
  });

  test('damage: a tick file of a newer release is refused by name and left as it is', async () => {
    const dataDir = copy('newer');
    spawnSync(process.execPath, ['-e', RAISE_VERSION, ENGINE, join(dataDir, LIVE)]);
    const bytes = readFileSync(join(dataDir, LIVE));
    const judged = await judge(dataDir, whole, true);
    expect(judged).toMatchObject({ outcome: 'refused' });
    expect(judged.told).toContain('schema version 99; this release knows up to');
    expect(readFileSync(join(dataDir, LIVE)).equals(bytes)).toBe(true);
  });

  test('damage: a process in another container, which the instance lock does not see, is caught by the lock of its database', async () => {
    const dataDir = copy('held');
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
  });

  test(
    `damage: ${ROUNDS} random bit flips over journal, databases, logs, parts and candle files are each recovered, stated or refused; none is silent`,
    async () => {
      const random = randomOf(seed);
      const figures: Record<string, number> = {};
      for (let round = 0; round < ROUNDS; round += 1) {
        const kinds = Object.entries(FLIPPED);
        const [kind, pattern] = kinds[Math.floor(random() * kinds.length)] ?? ['', /$^/];
        const place = [random(), random(), random()] as const;
        let where = '';
        const judged = await damaged(
          `flip-${round}`,
          (dir) => {
            where = flip(dir, pattern, place);
          },
          round % 2 === 1,
        );
        const named = `${kind} ${judged.outcome}`;
        figures[named] = (figures[named] ?? 0) + 1;
        if ((round + 1) % REPORT_EVERY === 0)
          console.log(`seed ${seed}, ${round + 1}: ${JSON.stringify(figures)}`);
        expect(judged.outcome, `seed ${seed}, round ${round}, ${where}: ${judged.told}`).not.toBe('SILENT');
      }
    },
    60_000 + ROUNDS * 20_000,
  );
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

/** Where blocks begin: behind the header of the file, each with its magic. */
function blockEdges(bytes: Buffer): number[] {
  const edges: number[] = [];
  for (
    let at = bytes.indexOf('TWB\x01', 128, 'latin1');
    at >= 0;
    at = bytes.indexOf('TWB\x01', at + 1, 'latin1')
  )
    edges.push(at);
  return [...edges, bytes.length - 1];
}

/** A file of each kind is hit as often as any other, however small. */
const FLIPPED: Record<string, RegExp> = {
  journal: /^journal\/.*\.tj(\.gz)?$/,
  'tick file': /^live\/ticks_today\.duckdb$/,
  'tick log': /^live\/ticks_today\.duckdb\.wal$/,
  'gap ledger': /^state\.duckdb$/,
  'gap log': /^state\.duckdb\.wal$/,
  parts: /^ticks\/.*\.parquet(\.json)?$/,
  candles: /^(live\/)?candles\/.*\.parquet$/,
  anchors: /\.anchor$/,
};

/** Paths under a folder that match, in order. */
function filesIn(dir: string, pattern: RegExp): string[] {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();
  return names.filter((name) => pattern.test(name)).map((name) => join(dir, name));
}

/** Flips one bit; returns where. Databases are mostly unused space: only bytes that are not 0 are taken there. */
function flip(dir: string, pattern: RegExp, [which, where, bit]: readonly [number, number, number]): string {
  const files = filesIn(dir, pattern).filter((path) => statSync(path).size > 0);
  const path = files[Math.floor(which * files.length)];
  if (path === undefined) return 'no such file';
  const bytes = readFileSync(path);
  let at = Math.floor(where * bytes.length);
  if (path.endsWith('.duckdb')) while (at < bytes.length - 1 && bytes[at] === 0) at += 1;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(bit * 8));
  writeFileSync(path, bytes);
  return `${path.slice(dir.length)} byte ${at}`;
}
