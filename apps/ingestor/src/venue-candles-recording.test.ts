import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CandleSource, rollUp, calendars } from '@tickwright/market';
import { ManualClock } from '@tickwright/runtime';
import { catalogue } from '@tickwright/venues';
import { afterEach, expect, test } from 'vitest';
import { HOUR, Rig, removeFolders, turn } from './core-fixture.ts';
import { publishedRows } from './candles/plain-candles-fixture.ts';
import { verifyCore } from './verification/verify-core.ts';

afterEach(removeFolders);

const beside = fileURLToPath(new URL('../../../../shared/recordings', import.meta.url));
// oxlint-disable-next-line no-process-env -- tests only: where the recordings are
const file = `${process.env['TICKWRIGHT_RECORDINGS'] ?? beside}/upstox/frames.protoc.b64.ndjson`;
const isHere = existsSync(file);
const recorded = test.skipIf(!isHere);
const ICICI = 'NSE_EQ|INE090A01021';
/** 2025-03-19T14:16:42+05:30, when the recorded session's last frames came. */
const RECEIVED = 1_742_374_002_000_000;
/** A snapshot, then five live frames, the last of depth alone. */
const SESSION = [1, 2, 3, 4, 5, 6];

function frames(): Buffer[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const all = lines.map((line) => Buffer.from(String((JSON.parse(line) as { b64: unknown }).b64), 'base64'));
  return SESSION.map((at) => all[at]);
}

recorded(
  `a conflated session's candle has the vtt difference as its volume, and the venue's own candle of the minute before stands beside it${isHere ? '' : ' (skipped: recordings absent)'}`,
  async () => {
    const clock = new ManualClock({ startMicros: RECEIVED });
    const options = { clock, venue: catalogue.venue('upstox'), keys: [ICICI] };
    const first = await Rig.open(options);
    for (const frame of frames()) {
      first.sink.message('ws-1', clock.nowMicros(), frame);
      await turn();
    }
    // Told again after the restart: by frames that came before, and by the decoder that starts anew.
    await using rig = await first.crash();
    for (const frame of frames()) rig.sink.message('ws-1', clock.nowMicros(), frame);
    expect(await rig.settle()).toBe(true);
    const rows = await publishedRows(rig.core);
    const told = rows.map(({ openTime, volume, close, source }) => [openTime / 1e6, volume, close, source]);
    expect(told).toEqual([
      [1_742_373_900, 45_682, 1313.1, CandleSource.venue],
      [1_742_373_960, 7_792_081 - 7_790_518, rows[1].close, CandleSource.ticks],
    ]);
    expect((await verifyCore(rig.core, AbortSignal.timeout(60_000))).problems).toEqual([]);
    const { core } = rig;
    const hour = Math.floor(RECEIVED / HOUR) * HOUR;
    const minutes = await core.candleFiles.read('NSE_EQ', hour);
    const whole = rollUp(minutes, {
      interval: '5m',
      instruments: core.instruments,
      calendars,
      closedBefore: RECEIVED,
    });
    // A candle that any part of is the venue's is the venue's.
    expect([whole.count, whole.volume[0], whole.source[0]]).toEqual([1, 45_682 + 1_563, CandleSource.venue]);
  },
);
