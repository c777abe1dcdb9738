import type { Database } from './database.ts';
import type { FileIdentity } from './lock-table.ts';

/** What this thread has open, for those who watch over all of it: the lock watch, metrics, health. */
interface OpenFile {
  readonly database: Database;
  /** Takes nothing new, interrupts what it can; gives the number of calls that have not ended. */
  readonly abandon: () => number;
  /** Absent where the kernel's table cannot be compared with it, and in memory. */
  readonly identity: FileIdentity | undefined;
}

const open = new Set<OpenFile>();

/** Adds a database; the function that is returned takes it away again, before its engine is closed. */
export function addOpenFile(file: OpenFile): () => void {
  open.add(file);
  return () => {
    open.delete(file);
  };
}

/** The databases that this thread has open, those in memory included, in the order of opening. */
export function openDatabases(): readonly Database[] {
  return [...open].map(({ database }) => database);
}

/** The files among them. */
export function openFiles(): { path: string; owner: string; identity: FileIdentity | undefined }[] {
  return [...open].map(({ database, identity }) => ({
    path: database.path,
    owner: database.owner,
    identity,
  }));
}

const ABANDON_EVERY_MS = 20;

/**
 * Lets no further call begin on any database of this thread and interrupts those under way until none is, at most so
 * long: Node cannot exit while an engine call runs. Resolves to whether it can now. Nothing is closed.
 */
export async function abandonDatabases(limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const running = [...open].reduce((sum, { abandon }) => sum + abandon(), 0);
    if (running === 0) return true;
    if (performance.now() > endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, ABANDON_EVERY_MS));
  }
}
