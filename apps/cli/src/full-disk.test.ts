import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BIN, Command, endAll, eventually, freePorts, start, temporaryFolder } from './process-fixture.ts';
import type { Folder } from './process-fixture.ts';

/** The volume; its reserve of 40 percent is 38 MiB. */
const VOLUME_MIB = 96;
const FILLED_MIB = 70;

// In a user namespace of its own: a small volume, the ingestor on it, and a file that fills it while `fill` exists.
const SCRIPT = `
mount -t tmpfs -o size=${VOLUME_MIB}m tmpfs "$1" || exit 90
data="$1"; shift
"$@" & child=$!
trap 'kill -TERM $child' TERM
while kill -0 $child 2>/dev/null; do
  if [ -e "$FILL" ] && [ ! -e "$data/filler" ]; then head -c ${FILLED_MIB}M /dev/zero > "$data/filler"; fi
  if [ ! -e "$FILL" ] && [ -e "$data/filler" ]; then rm "$data/filler"; fi
  sleep 0.1
done
wait $child
code=$?
"$NODE" "$BIN" verify --data-dir "$data" >&2 || exit 91
exit $code`;

const canUnshare = spawnSync('unshare', ['-rm', 'true']).status === 0;

let folder: Folder;

beforeEach(async () => {
  folder = await temporaryFolder();
});

afterEach(async () => {
  await endAll();
  await folder[Symbol.asyncDispose]();
});

interface Report {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly disk?: { readonly state: string; readonly pauses: number };
  readonly ticks?: { readonly accepted: number };
  readonly gaps?: readonly { readonly cause: string }[];
}

test.skipIf(!canUnshare)(
  'a volume that fills pauses the streams, the gap is told, and they go on by themselves when there is room (needs unshare -rm)',
  async () => {
    const dataDir = join(folder.path, 'data');
    const fill = join(folder.path, 'fill');
    await mkdir(dataDir);
    const [http, simulator] = await freePorts(2);
    const sets = [
      `ingestor.http.port=${http}`,
      `simulator.port=${simulator}`,
      'ingestor.disk.reservePercent=40',
    ];
    const flags = sets.flatMap((set) => ['--set', set]);
    start('simulate', ...flags);
    const environment = [`FILL=${fill}`, `NODE=${process.execPath}`, `BIN=${BIN}`];
    const ingest = [process.execPath, BIN, 'ingest', '--data-dir', dataDir, ...flags];
    const command = new Command(
      [...environment, 'unshare', '-rm', 'bash', '-c', SCRIPT, 'bash', dataDir, ...ingest],
      {
        program: 'env',
      },
    );
    const report = async (): Promise<Report | undefined> => {
      const answer = await fetch(`http://127.0.0.1:${http}/api/v1/status`).catch(() => undefined);
      return answer?.ok === true ? ((await answer.json()) as Report) : undefined;
    };
    const reported = (what: string, isThere: (found: Report) => boolean): Promise<Report> =>
      eventually(`${what}\n${command.stderr.slice(-2_000)}`, async () => {
        const found = await report();
        return found !== undefined && isThere(found) ? found : undefined;
      });
    await reported('ticks', ({ ready, ticks }) => ready && (ticks?.accepted ?? 0) > 50);
    await writeFile(fill, '');
    const paused = await reported('a pause', ({ disk }) => disk?.state === 'paused');
    expect([paused.ready, paused.reasons.join()]).toEqual([
      false,
      expect.stringContaining('streams are paused'),
    ]);
    const before = await reported('gaps', ({ gaps = [] }) => gaps.some(({ cause }) => cause === 'disk'));
    await rm(fill);
    await reported('streams that go on', ({ ready, disk, ticks }) => {
      return ready && disk?.state === 'ok' && (ticks?.accepted ?? 0) > (before.ticks?.accepted ?? 0);
    });
    command.child.kill('SIGTERM');
    const { code, stderr } = await command.ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining('the disk has room again')]);
  },
  60_000,
);
