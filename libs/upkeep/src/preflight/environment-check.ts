import { statfs } from 'node:fs/promises';
import { fault, note, ok, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

/** What a process stands on, as its `main` knows it. */
export interface Environment {
  /** `process.versions.node`. */
  readonly nodeVersion: string;
  /** `UV_THREADPOOL_SIZE`, undefined when it is not set. */
  readonly threadPoolSize: string | undefined;
}

const NODE_MAJOR_MIN = 20;
/** Four long queries on the default four threads hold up every file sync. */
const THREADS_MIN = 16;
/** Free space below which taking in data becomes a risk, unless told. */
export const FREE_DISK_MIN_BYTES = 1 << 30;

export function checkNode({ nodeVersion, threadPoolSize }: Environment): Finding[] {
  const major = Number(nodeVersion.split('.')[0]);
  const node =
    major >= NODE_MAJOR_MIN
      ? ok('node', 'Node', nodeVersion)
      : fault({
          check: 'node',
          subject: 'Node',
          severity: 'error',
          found: `${nodeVersion}, and ${NODE_MAJOR_MIN} or newer is needed`,
          toDo: `install Node ${NODE_MAJOR_MIN} or newer`,
        });
  const threads = Number(threadPoolSize ?? 4);
  const pool =
    threads >= THREADS_MIN
      ? ok('threads', 'UV_THREADPOOL_SIZE', String(threads))
      : fault({
          check: 'threads',
          subject: 'UV_THREADPOOL_SIZE',
          severity: 'warning',
          found: `${threadPoolSize ?? 'not set'}: slow queries may hold up file syncs`,
          toDo: `start with the tickwright command, or set it to ${THREADS_MIN}`,
        });
  return [node, pool];
}

/** Free space where the data is, against a reserve. */
export async function checkDisk(dataDir: string, reserveBytes = FREE_DISK_MIN_BYTES): Promise<Finding> {
  try {
    const { bavail, bsize } = await statfs(dataDir);
    const free = bavail * bsize;
    if (free >= reserveBytes) return ok('disk', dataDir, `${megabytes(free)} free`);
    return fault({
      check: 'disk',
      subject: dataDir,
      severity: 'error',
      found: `${megabytes(free)} free, less than the reserve of ${megabytes(reserveBytes)}`,
      toDo: 'free some space; what is stored is safe',
    });
  } catch (error) {
    return note('disk', dataDir, `free space is not known: ${reasonOf(error)}`);
  }
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1_048_576).toLocaleString('en-US')} MiB`;
}
