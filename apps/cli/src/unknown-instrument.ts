import { instrumentKey } from '@tickwright/market';
import type { InstrumentKey } from '@tickwright/market';
import { TickwrightError, nearest } from '@tickwright/runtime';
import { UsageError } from './usage-error.ts';

/** Known instruments named when none is near. */
const MAX_NAMED = 5;

/** An instrument that was never taken in is a mistake to point out, not an empty answer. */
export class UnknownInstrumentError extends TickwrightError {
  constructor(options: { key: string; known: readonly string[]; dataDir: string }) {
    const { key, known, dataDir } = options;
    super(`${dataDir} holds nothing of "${key}"; ${hint(key, known)}`, { code: 'instrument-unknown' });
  }
}

/** A key from the command line. Errors: UsageError that names a known key, if there is one for it. */
export function keyArgument(text: string, known: readonly string[] = []): InstrumentKey {
  try {
    return instrumentKey(text);
  } catch (error) {
    const near = nearKey(text, known);
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(near === undefined ? reason : `${reason}; did you mean "${near}"?`);
  }
}

function hint(key: string, known: readonly string[]): string {
  const near = nearKey(key, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (known.length === 0) return 'it holds no instrument yet';
  const more = known.length > MAX_NAMED ? ` and ${known.length - MAX_NAMED} more` : '';
  return `it has ${known.slice(0, MAX_NAMED).join(', ')}${more}`;
}

/** The whole key that was meant, or the one whose id was meant: people type BTCUSDT for BINANCE|BTCUSDT. */
function nearKey(text: string, known: readonly string[]): string | undefined {
  const idOf = (key: string): string => key.slice(key.indexOf('|') + 1);
  const sameId = known.find((key) => idOf(key).toLowerCase() === idOf(text).toLowerCase());
  if (sameId !== undefined) return sameId;
  const near = nearest(text, known);
  if (near !== undefined || text.includes('|')) return near;
  const id = nearest(text, known.map(idOf));
  return known.find((key) => idOf(key) === id);
}
