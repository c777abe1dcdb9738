// Candle files as an ingestor publishes them, for tests of candle sources. Not part of the build.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InstrumentTable, calendars, candleColumns, instrumentKey, splitKey } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { openCandleFiles, openCandleQuery, writeStatus } from '@tickwright/store';
import type { CandleFiles, CandleQuery } from '@tickwright/store';
import { ALPHA, MINUTE, told } from './candle-fixture.ts';

const HOUR = 3_600_000_000;
/** The hour before this one: what is published is recent, and none of it lies ahead of the clock. */
export const NOW = Math.floor((Date.now() * 1_000) / HOUR - 1) * HOUR;
const silent = (): void => undefined;
export const quiet: Log = { debug: silent, info: silent, warn: silent, error: silent };

export class Published implements AsyncDisposable {
  private constructor(
    readonly dataDir: string,
    readonly files: CandleFiles,
    readonly query: CandleQuery,
  ) {}

  static async open(): Promise<Published> {
    const dataDir = await mkdtemp(join(tmpdir(), 'candle-source-'));
    const instruments = new InstrumentTable();
    const key = instrumentKey(ALPHA);
    instruments.add({
      key,
      ...splitKey(key),
      venueSymbol: 'ALPHA',
      priceDecimals: 2,
      quantityDecimals: 3,
      calendar: 'always',
    });
    const common = { dataDir, log: quiet, clock: systemClock };
    const files = await openCandleFiles({ ...common, instruments });
    const query = await openCandleQuery({
      ...common,
      calendars,
      gaps: { gaps: async () => [] },
      retry: (work) => work(),
    });
    return new Published(dataDir, files, query);
  }

  /** Minutes of the hour as they are to stand: so many closed, and one that forms. */
  async publish(closed: number, change: { epoch?: string; revised?: number } = {}): Promise<void> {
    const rows = candleColumns(closed + 1);
    rows.count = closed + 1;
    for (let at = 0; at <= closed; at += 1) {
      rows.openTime[at] = NOW + at * MINUTE;
      rows.open[at] = 100;
      rows.high[at] = 102;
      rows.low[at] = 99;
      rows.close[at] = 101;
      rows.tradeCount[at] = 3;
      rows.isClosed[at] = at < closed ? 1 : 0;
      rows.isComplete[at] = 1;
      rows.version[at] = at === change.revised ? 999 : at + 1;
    }
    await this.files.publishHour('SIM', NOW, rows);
    const time = new Date().toISOString();
    const watermark = new Date((NOW + closed * MINUTE) / 1_000).toISOString();
    await writeStatus({
      dataDir: this.dataDir,
      clock: systemClock,
      status: {
        epoch: change.epoch ?? 'a',
        offset: closed,
        durableOffset: closed,
        time,
        segments: { SIM: { watermark, openGaps: 0 } },
        ingestor: { pid: 1, instance: 'a', version: '0' },
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.query[Symbol.asyncDispose]();
    await this.files[Symbol.asyncDispose]();
    await rm(this.dataDir, { recursive: true });
  }
}

/** `told` counts minutes from a fixed time; here they are counted from this hour. */
export function inHour(text: string): string {
  const [word = '', number] = text.split(' ');
  if (number === undefined) return word;
  return (
    told([{ type: 'time', segment: 'SIM', micros: NOW + Number(number) * MINUTE }])[0]?.replace(
      'time',
      word,
    ) ?? ''
  );
}
