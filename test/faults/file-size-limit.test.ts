import { spawnSync } from 'node:child_process';
import { systemClock } from '@tickwright/runtime';
import { expect } from 'vitest';
import { faultTest } from './fault-test.ts';
import type { Round } from './fault-test.ts';
import type { Figures } from './figures.ts';
import { judge } from './judgement.ts';
import { Scene } from './scene.ts';

/** What meets the limit first: journal files that are finished before they reach it leave it to the tick file's log. */
const KINDS = {
  'the journal': { kib: 300, set: [], sign: /journal could not be written/ },
  'the tick file': {
    kib: 2_300,
    set: ['ingestor.journal.fileBytes=1048576'],
    sign: /tick file takes no ticks/,
  },
} as const;
const LIMIT_KIB_SPREAD = 700;
/** The write-ahead log must grow past the limit within seconds. */
const RATE = 8_000;
const LIMITED_MS_MAX = 4_000;

async function round({ random, kind }: Round): Promise<Figures> {
  const what = kind(Object.keys(KINDS) as (keyof typeof KINDS)[]);
  const { set, sign } = KINDS[what];
  // As a shell counts it. The soft limit alone, so that it can be lifted.
  const kib = KINDS[what].kib + Math.floor(random() * LIMIT_KIB_SPREAD);
  const limited = ['bash', '-c', `trap '' XFSZ; ulimit -S -f ${kib}; exec "$@"`, 'bash'];
  const scene = await Scene.open({ rate: RATE, under: limited, set });
  const ingestor = scene.start();
  await scene.until(ingestor, `a write beyond ${kib} KiB failed`, () => sign.test(ingestor.stderr));
  await systemClock.sleep(random() * LIMITED_MS_MAX);
  const lifted = spawnSync('prlimit', ['--pid', String(ingestor.child.pid), '--fsize=unlimited:'], {
    encoding: 'utf8',
  });
  expect(lifted.status, lifted.stderr).toBe(0);
  const liftedMs = Date.now();
  await scene.status();
  await scene.until(ingestor, 'it was ready', (status) => status.ready);
  await scene.moreFrames(ingestor, 300);
  const backMs = Date.now() - liftedMs;
  await scene.stop(ingestor);
  return { [`limits met by ${what}`]: 1, ...(await judge(scene)), 'stored again after ms': [backMs] };
}

const hasTools = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

faultTest({
  name: 'file-size-limit',
  title:
    'when no file may grow further (EFBIG) nothing durable is lost, and all goes on by itself when it may',
  usual: 2,
  long: 30,
  roundLimitMs: 180_000,
  skipped: hasTools ? undefined : 'prlimit of Linux is needed',
  round,
});
