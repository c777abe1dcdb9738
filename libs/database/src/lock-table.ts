import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';

const TABLE = '/proc/locks';

/** A file as the kernel's lock table names it, `major:minor:inode` (`fe:00:2147900`): it stays when the file is renamed. */
export type FileIdentity = string;

/** `stat` neither opens nor closes the file, so that no lock is dropped by looking. Undefined when there is no file. */
export async function fileIdentity(path: string): Promise<FileIdentity | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${hex(majorOf(dev))}:${hex(minorOf(dev))}:${ino}`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The files on which this process holds a POSIX lock, by the kernel's own table; undefined where there is none (not
 * Linux, or /proc is not mounted). Synchronous on purpose: the table is memory, and libuv's pool may be busy.
 */
export function ownLocks(): ReadonlySet<FileIdentity> | undefined {
  try {
    return locksOf(process.pid, readFileSync(TABLE, 'latin1'));
  } catch {
    return undefined;
  }
}

// `1: POSIX  ADVISORY  WRITE 7260 fe:00:2147900 0 EOF`; a line of one that waits has `->` in front and holds nothing.
const HELD = /^\d+: POSIX\s+\S+\s+\S+\s+(\d+) ([0-9a-f]+:[0-9a-f]+:\d+) /;

/** The identities that one process has locked in a lock table's text (proc(5), /proc/locks). */
export function locksOf(pid: number, table: string): ReadonlySet<FileIdentity> {
  const found = new Set<FileIdentity>();
  for (const line of table.split('\n')) {
    const match = HELD.exec(line);
    if (match !== null && Number(match[1]) === pid && match[2] !== undefined) found.add(match[2]);
  }
  return found;
}

// makedev(3): the two numbers are interleaved in a device number of 64 bits.
function majorOf(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
}

function minorOf(device: bigint): bigint {
  return (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
}

function hex(value: bigint): string {
  return value.toString(16).padStart(2, '0');
}
