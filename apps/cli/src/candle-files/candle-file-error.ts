import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** A file of candles cannot be read, or holds something that is no candle. Nothing of it is taken in. */
export class CandleFileFormatError extends TickwrightError {
  constructor(place: string, found: string, cause?: unknown) {
    super(`${place}: ${found}; nothing of this file was imported`, {
      code: 'candle-file-format',
      exitCode: ExitCode.store,
      cause,
    });
  }
}
