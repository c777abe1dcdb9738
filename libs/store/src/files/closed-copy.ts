import { copyFile } from 'node:fs/promises';
import { requireClosed } from '@tickwright/database';
import { syncFile } from './atomic-file.ts';

/**
 * Copies a database file that nobody has open, durably. Throws where this process has it: reading it beside its engine
 * would drop the lock that keeps others away.
 */
export async function copyClosed(from: string, to: string): Promise<void> {
  await requireClosed(from);
  await copyFile(from, to);
  await syncFile(to);
}
