import { existsSync } from 'node:fs';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect } from 'vitest';
import { faultTest } from './rounds/fault-test.ts';
import type { Round } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';
import { judge } from './scene/judgement.ts';
import { Scene } from './scene/scene.ts';

const STOP_MS_MAX = 5_000;
const LATE = 'stopped after more than 5 s';
/** Enough that a query of all ticks is still being answered when the ingestor is told to stop. */
const RATE = 8_000;

/** A query whose answer nobody reads to the end: it holds its connection to the tick file. */
function hangingQuery(url: string): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    const request = get(url, (response) => {
      response.once('data', () => {
        response.pause();
        done(response);
      });
      response.on('error', () => {
        // The ingestor cuts it off when it ends.
      });
    });
    request.on('error', fail);
  });
}

const LOADS: Record<string, (scene: Scene) => Promise<void>> = {
  'under load': () => Promise.resolve(),
  'during a query that is not read': async ({ url }) => {
    await hangingQuery(`${url}/api/v1/ticks?instrument=${encodeURIComponent('SIM|ALPHA')}`);
  },
  'during four long queries': async ({ url }) => {
    for (let number = 0; number < 4; number += 1) void fetch(`${url}/api/v1/verify`).catch(() => undefined);
    await Promise.resolve();
  },
};

async function round({ random, kind }: Round): Promise<Figures> {
  const load = kind(Object.keys(LOADS));
  const scene = await Scene.open({ rate: RATE });
  const { ingestor } = await scene.startReady();
  await scene.moreFrames(ingestor, 2_000 + Math.floor(random() * 8_000));
  await LOADS[load]?.(scene);
  const received = (await scene.status())?.journal.nextOffset ?? 0;
  const { ended, stopMs } = await scene.stop(ingestor);
  const logs = ['live/ticks_today.duckdb.wal', 'state.duckdb.wal'].filter((path) =>
    existsSync(join(scene.dataDir, path)),
  );
  expect(logs, ended.stderr).toEqual([]);
  // Here nothing that was received may be lost, durable or not yet.
  const judged = await judge({ dataDir: scene.dataDir, rate: scene.rate, durableOffset: received });
  return {
    [`stops ${load}`]: 1,
    ...judged,
    'logs left': logs.length,
    'stop ms': [stopMs],
    [LATE]: stopMs > STOP_MS_MAX ? 1 : 0,
  };
}

faultTest({
  name: 'stop',
  title:
    'an ingestor told to stop (SIGTERM) under load or during queries ends within 5 s, leaves no write-ahead log, and has stored all that it had received',
  usual: 3,
  long: 60,
  roundLimitMs: 120_000,
  noneOf: [LATE],
  round,
});
