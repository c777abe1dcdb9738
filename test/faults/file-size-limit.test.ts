import { spawnSync } from 'node:child_process';
import { systemClock } from '@tickwright/runtime';
import { expect } from 'vitest';
import { faultTest } from './fault-test.ts';
import type { Round } from './fault-test.ts';
import type { Figures } from './figures.ts';
import { judge } from './judgement.ts';
import { metFigures, metIn } from './no-room.ts';
import { Scene } from './scene.ts';

/** As a shell counts it. */
const LIMIT_KIB_MIN = 300;
const LIMIT_KIB_SPREAD = 700;
/** Files must grow past the limit within seconds. */
const RATE = 8_000;
const LIMITED_MS_MAX = 4_000;

async function round({ random }: Round): Promise<Figures> {
  // The soft limit alone, so that it can be lifted.
  const kib = LIMIT_KIB_MIN + Math.floor(random() * LIMIT_KIB_SPREAD);
  const limited = ['bash', '-c', `trap '' XFSZ; ulimit -S -f ${kib}; exec "$@"`, 'bash'];
  const scene = await Scene.open({ rate: RATE, under: limited });
  const ingestor = scene.start();
  await scene.until(ingestor, `a write beyond ${kib} KiB failed`, () => metIn(ingestor.stderr).length > 0);
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
  const met = metFigures(ingestor.stderr);
  return { 'limits met': 1, ...met, ...(await judge(scene)), 'stored again after ms': [backMs] };
}

const hasTools = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

faultTest({
  name: 'file-size-limit',
  title:
    'when no file may grow further (EFBIG) nothing durable is lost, and all goes on by itself when it may',
  usual: 1,
  long: 30,
  roundLimitMs: 180_000,
  skipped: hasTools ? undefined : 'prlimit of Linux is needed',
  round,
});
