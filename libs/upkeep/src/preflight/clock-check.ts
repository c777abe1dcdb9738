import type { Clock } from '@tickwright/runtime';
import { fault, note, ok, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

/** Where a venue tells its time: `json` answers `{"serverTime": <ms>}`, `header` is any page, of which the Date is taken. */
export interface VenueTime {
  readonly venue: string;
  readonly url: string;
  readonly kind: 'json' | 'header';
}

const TIMEOUT_MS = 2_000;
/** Ticks whose eventTime is more than 60 s ahead are rejected; well before that, candles close at the wrong moment. */
const SKEW_WARNING_MS = 1_000;
const SKEW_ERROR_MS = 30_000;
/** A Date header has whole seconds. */
const HEADER_GRAIN_MS = 1_000;

/** Our clock against a venue's, within a short time-out. A venue that is not reached is a note: others find that out. */
export async function checkClock(time: VenueTime, clock: Clock, signal?: AbortSignal): Promise<Finding> {
  const subject = `clock against ${time.venue}`;
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const started = clock.nowMicros() / 1_000;
  try {
    const answer = await fetch(time.url, {
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      method: time.kind === 'header' ? 'HEAD' : 'GET',
    });
    const venueMs = await timeIn(answer, time.kind);
    const ended = clock.nowMicros() / 1_000;
    if (venueMs === undefined) return note('clock', subject, `${time.url} does not tell the time`);
    return judge(subject, skewOf({ venueMs, started, ended, kind: time.kind }));
  } catch (error) {
    return note('clock', subject, `not known, ${time.url} was not reached: ${reasonOf(error)}`);
  }
}

async function timeIn(answer: Response, kind: VenueTime['kind']): Promise<number | undefined> {
  if (kind === 'header') {
    const date = Date.parse(answer.headers.get('date') ?? '');
    return Number.isFinite(date) ? date : undefined;
  }
  const body: unknown = await answer.json();
  const time =
    typeof body === 'object' && body !== null && 'serverTime' in body ? body.serverTime : undefined;
  return typeof time === 'number' ? time : undefined;
}

/** How far the venue's time lies outside the span in which it was told; 0 within. */
function skewOf(told: { venueMs: number; started: number; ended: number; kind: VenueTime['kind'] }): number {
  const latest = told.venueMs + (told.kind === 'header' ? HEADER_GRAIN_MS : 0);
  if (latest < told.started) return told.started - latest;
  return told.venueMs > told.ended ? told.ended - told.venueMs : 0;
}

function judge(subject: string, skewMs: number): Finding {
  const off = Math.abs(skewMs);
  if (off < SKEW_WARNING_MS) return ok('clock', subject, 'agrees');
  const found = `ours is ${(off / 1_000).toFixed(1)} s ${skewMs > 0 ? 'ahead' : 'behind'}`;
  const severity = off < SKEW_ERROR_MS ? 'warning' : 'error';
  return fault({ check: 'clock', subject, severity, found, toDo: 'synchronize this machine (NTP)' });
}
