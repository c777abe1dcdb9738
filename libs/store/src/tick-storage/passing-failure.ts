import {
  DatabaseFullError,
  DatabaseInvalidError,
  DatabaseLockedError,
  DatabaseTrialError,
} from '@tickwright/database';
import { errorCode } from '../files/atomic-file.ts';

/** What the system says when there is no room: of the disk, of a quota, or of the size a file may have. */
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether a failure to open the tick file says nothing against the file: another process has it, or the disk is full. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof DatabaseLockedError ||
    error instanceof DatabaseFullError ||
    error instanceof DatabaseInvalidError ||
    error instanceof DatabaseTrialError ||
    NO_ROOM.has(errorCode(error))
  );
}
