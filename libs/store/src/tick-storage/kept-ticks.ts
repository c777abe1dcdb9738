import { join } from 'node:path';
import type { Clock } from '@tickwright/runtime';
import { writeWhole } from '../files/atomic-file.ts';
import { isRecord, readJson } from '../files/json-file.ts';
import type { DateOf } from './sealed-parts.ts';

/**
 * From when on all ticks of a segment that there were are kept, microseconds UTC of eventTime, by segment; segments of
 * which none was ever removed are absent. Older candles stand for ticks that are gone: nothing can prove them or
 * compute them again.
 */
export type KeptTicks = ReadonlyMap<string, number>;

const MINUTE_MICROS = 60_000_000;
const DAY_MICROS = 86_400_000_000;
/** An event is at most this much ahead of its reception. */
const EVENT_AHEAD_MICROS = MINUTE_MICROS;

function keptPath(parts: string): string {
  return join(parts, 'kept-from.json');
}

/** `parts`: the folder of the sealed parts. */
export async function readKeptTicks(parts: string): Promise<KeptTicks> {
  const found = await readJson(keptPath(parts));
  if (!isRecord(found)) return new Map();
  return new Map(
    Object.entries(found).flatMap(([segment, micros]) =>
      typeof micros === 'number' && Number.isSafeInteger(micros) ? [[segment, micros] as const] : [],
    ),
  );
}

export async function writeKeptTicks(parts: string, kept: KeptTicks, clock: Clock): Promise<void> {
  const text = `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`;
  await writeWhole({ path: keptPath(parts), text, clock, durability: 'synced' });
}

/** The whole minute from which on nothing happened that may have been received before a date of the segment. */
export function keptFromDate(segment: string, date: string, dateOf: DateOf): number {
  const midnight = Date.parse(`${date}T00:00:00Z`) * 1_000;
  let before = midnight - DAY_MICROS;
  let after = midnight + DAY_MICROS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dateOf(segment, middle) < date) before = middle;
    else after = middle;
  }
  return Math.ceil((after + EVENT_AHEAD_MICROS) / MINUTE_MICROS) * MINUTE_MICROS;
}
