import type { CandleColumns, InstrumentTable } from '@tickwright/market';
import { SCHEDULES, retry } from '@tickwright/runtime';
import type { Clock } from '@tickwright/runtime';
import { listPieces } from '../candles/candle-paths.ts';
import { joinCandles } from '../query/candle-join.ts';
import type { CandleScan } from '../query/candle-scan.ts';
import { instrumentOf, readInstruments, undescribedInstrument } from '../files/instruments-file.ts';
import type { CandleReader } from './verification.ts';

/**
 * The published candles of all segments, as a verification reads them. Instruments that the table does not know are
 * added to it.
 */
export function publishedCandles(options: {
  dataDir: string;
  scan: CandleScan;
  instruments: InstrumentTable;
  clock: Clock;
}): CandleReader {
  const { dataDir, scan, instruments, clock } = options;
  const read = async (span: { from: number; to: number }): Promise<CandleColumns> => {
    const pieces = await listPieces({ dataDir, ...span });
    if (pieces.length === 0) return joinCandles([]);
    const described = new Map((await readInstruments(dataDir)).map((row) => [row.key, row]));
    const numberOf = (key: string): number => {
      const row = described.get(key);
      return instruments.add(row === undefined ? undescribedInstrument(key) : instrumentOf(row));
    };
    return scan.read({ pieces, ...span, numberOf });
  };
  return { candles: (span) => retry(() => read(span), { schedule: SCHEDULES.candleRead, clock }) };
}
