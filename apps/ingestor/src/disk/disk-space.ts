import { statfs } from 'node:fs/promises';

/** The room of the volume that holds a folder, bytes. */
export interface DiskSpace {
  /** What this user may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export async function diskSpace(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

export interface Reserve {
  readonly reserveBytes: number;
  /** The reserve is never more than this share of the volume. */
  readonly reservePercent: number;
}

/** What is kept free on a volume of that size, bytes. */
export function reserveOf(totalBytes: number, { reserveBytes, reservePercent }: Reserve): number {
  return Math.min(reserveBytes, Math.floor((totalBytes * reservePercent) / 100));
}
