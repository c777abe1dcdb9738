import { HOUR_MICROS } from '@tickwright/market';
import type { CandleColumns } from '@tickwright/market';
import type { CandleFiles, CandlePiece } from '@tickwright/store';

/** Hours looked at on the way back through nights and weekends. */
const MAX_READS = 240;

/**
 * The newest published candles of each segment, as many hours with candles as hold so many minutes, oldest first. What
 * cannot be read is left out: the feed then begins with less history.
 */
export async function publishedMinutes(
  candleFiles: Pick<CandleFiles, 'list' | 'read'>,
  historyMinutes: number,
): Promise<CandleColumns[]> {
  const pieces = await candleFiles.list();
  const found: CandleColumns[] = [];
  for (const segment of new Set(pieces.map((piece) => piece.segment))) {
    const hours = hoursBackwards(pieces.filter((piece) => piece.segment === segment));
    found.push(...(await newest(candleFiles, { segment, hours, historyMinutes })));
  }
  return found;
}

async function newest(
  candleFiles: Pick<CandleFiles, 'read'>,
  wanted: { segment: string; hours: readonly number[]; historyMinutes: number },
): Promise<CandleColumns[]> {
  const hoursWanted = Math.ceil(wanted.historyMinutes / 60) + 1;
  const found: CandleColumns[] = [];
  for (const hourMicros of wanted.hours.slice(0, MAX_READS)) {
    if (found.length >= hoursWanted) break;
    const rows = await candleFiles.read(wanted.segment, hourMicros).catch(() => undefined);
    if (rows !== undefined && rows.count > 0) found.push(rows);
  }
  return found.toReversed();
}

function hoursBackwards(pieces: readonly CandlePiece[]): number[] {
  return pieces.toReversed().flatMap(({ from, to }) => {
    const hours = Math.round((to - from) / HOUR_MICROS);
    return Array.from({ length: hours }, (_, at) => to - (at + 1) * HOUR_MICROS);
  });
}
