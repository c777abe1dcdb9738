import { fault, note, ok } from './finding.ts';
import type { Finding } from './finding.ts';

/** What a venue says of the instruments of a source. */
export interface AskedInstruments {
  readonly venue: string;
  readonly count: number;
  readonly unknown: readonly { readonly key: string; readonly reason: string }[];
  /** Why not all could be asked for. */
  readonly unchecked?: string | undefined;
}

const NAMED_MAX = 10;

/** Whether the venue has all instruments that are to be taken in. */
export function checkInstruments({ venue, count, unknown, unchecked }: AskedInstruments): Finding {
  const subject = `instruments of ${venue}`;
  if (unknown.length > 0) {
    const named = unknown.slice(0, NAMED_MAX).map(({ key, reason }) => `${key} (${reason})`);
    const more = unknown.length > NAMED_MAX ? ` and ${unknown.length - NAMED_MAX} more` : '';
    const found = `${unknown.length} of ${count} are none of the venue's: ${named.join(', ')}${more}`;
    const toDo = 'correct the configuration, or unsubscribe them: they will never tick';
    return fault({ check: 'instruments', subject, severity: 'error', found, toDo });
  }
  if (unchecked !== undefined)
    return note('instruments', subject, `${count}, not all looked up: ${unchecked}`);
  return ok('instruments', subject, `the venue has all ${count}`);
}
