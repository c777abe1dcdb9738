import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** The ledger was written by a newer release, or its file is none of ours. Nothing was changed. */
export class LedgerVersionError extends TickwrightError {
  constructor(path: string, found: number, known: number) {
    super(
      `${path} has ledger version ${found}, this release knows up to ${known}: use the release that wrote it; nothing was changed`,
      { code: 'ledger-version', exitCode: ExitCode.store },
    );
  }
}

/** Entries that do not follow on what is stored: storing them would skip or repeat events. */
export class LedgerSequenceError extends TickwrightError {
  constructor(path: string, expected: number, found: number) {
    super(`${path} ends with event ${expected - 1}, so the next is ${expected}, not ${found}`, {
      code: 'ledger-sequence',
      exitCode: ExitCode.store,
    });
  }
}
