import { fault, note, ok } from './finding.ts';
import type { Finding } from './finding.ts';

/** What is known of a venue's token; the token itself is not. Times are microseconds UTC. */
export interface KnownToken {
  readonly venue: string;
  /** Undefined where there is none. */
  readonly token: { readonly expiresMicros: number; readonly storedMicros?: number } | undefined;
  /** What the venue says of it, and in which words. */
  readonly verdict: 'accepted' | 'refused' | 'not asked';
  readonly reason?: string;
}

/** A token that ends within this is renewed before the session rather than in it. */
const ENDS_SOON_MICROS = 8 * 3_600_000_000;

/** Whether a venue will take us: there is a token, its time is not over, and it is not refused. */
export function checkToken(known: KnownToken, nowMicros: number): Finding {
  const { venue, token, verdict, reason } = known;
  const subject = `token of ${venue}`;
  const renew = `renew it: tickwright token ${venue}`;
  const bad = (found: string): Finding =>
    fault({ check: 'token', subject, severity: 'error', found, toDo: renew });
  if (token === undefined) return bad('there is none: the venue takes nobody without');
  const { expiresMicros, storedMicros } = token;
  const age = storedMicros === undefined ? '' : `, stored ${hours(nowMicros - storedMicros)} ago`;
  if (verdict === 'refused')
    return bad(`the venue refuses it${reason === undefined ? '' : `: ${reason}`}${age}`);
  if (expiresMicros <= nowMicros)
    return bad(`its time was over ${hours(nowMicros - expiresMicros)} ago${age}`);
  const left = `good until ${new Date(expiresMicros / 1_000).toISOString().slice(0, 16)}Z (${hours(expiresMicros - nowMicros)})${age}`;
  if (verdict === 'not asked') {
    return note(
      'token',
      subject,
      `${left}; whether the venue takes it is not known${reason === undefined ? '' : `: ${reason}`}`,
    );
  }
  if (expiresMicros - nowMicros >= ENDS_SOON_MICROS)
    return ok('token', subject, `taken by the venue, ${left}`);
  return fault({ check: 'token', subject, severity: 'warning', found: `ends soon: ${left}`, toDo: renew });
}

function hours(micros: number): string {
  const value = micros / 3_600_000_000;
  return value < 48 ? `${value.toFixed(1)} h` : `${Math.round(value / 24)} d`;
}
