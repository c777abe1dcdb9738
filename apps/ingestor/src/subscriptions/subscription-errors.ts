import { ExitCode, TickwrightError, nearest } from '@tickwright/runtime';

/** What was asked to be subscribed or unsubscribed cannot be. Nothing has been changed. */
export class SubscriptionError extends TickwrightError {
  constructor(message: string, options: { code: string; cause?: unknown }) {
    super(message, { exitCode: ExitCode.configuration, ...options });
  }
}

/** No venue that runs here has the instruments; each is named, and what was probably meant. */
export class UnknownInstrumentsError extends SubscriptionError {
  constructor(unknown: readonly { key: string; reason: string }[], known: readonly string[]) {
    super(
      unknown.map(({ key, reason }) => `no instrument "${key}": ${reason}${meant(key, known)}`).join('; '),
      {
        code: 'instrument-unknown',
      },
    );
  }
}

function meant(key: string, known: readonly string[]): string {
  const near =
    nearest(
      key,
      known.filter((one) => one !== key),
    ) ?? ofSameId(key, known);
  return near === undefined ? '' : `; did you mean "${near}"?`;
}

/** People type BTCUSDT for BINANCE|BTCUSDT. */
function ofSameId(key: string, known: readonly string[]): string | undefined {
  const idOf = (text: string): string => text.slice(text.indexOf('|') + 1).toLowerCase();
  return known.find((one) => idOf(one) === idOf(key));
}
