import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '@tickwright/runtime';
import { writeWhole } from './atomic-file.ts';
import { isRecord, readJson } from './json-file.ts';

/** How far a segment's data reaches. */
export interface SegmentStatus {
  /** The newest venue time up to which its candles are known, ISO 8601 UTC; null before the first tick. */
  readonly watermark: string | null;
  readonly openGaps: number;
}

/** What the ingestor tells beside its candle files, `live/status.json`. */
export interface Status {
  /** Changes with each start of the ingestor. */
  readonly epoch: string;
  /** Journal offset up to which the candle files are published. */
  readonly offset: number;
  readonly durableOffset: number;
  /** When it was written, ISO 8601 UTC. */
  readonly time: string;
  readonly segments: Readonly<Record<string, SegmentStatus>>;
  readonly ingestor: { readonly pid: number; readonly instance: string; readonly version: string };
}

/** Where the status stands under a data directory. */
export function statusPath(dataDir: string): string {
  return join(dataDir, 'live', 'status.json');
}

/**
 * Replaces the status. Not synced: it is written again with the next publish, and a reader takes one that a power loss
 * left in pieces for none.
 */
export async function writeStatus(options: { dataDir: string; status: Status; clock: Clock }): Promise<void> {
  const path = statusPath(options.dataDir);
  await mkdir(dirname(path), { recursive: true });
  await writeWhole({
    path,
    text: `${JSON.stringify(options.status)}\n`,
    clock: options.clock,
    durability: 'lazy',
  });
}

/** The status as last written; undefined when there is none or it is not one that this version understands. */
export async function readStatus(dataDir: string): Promise<Status | undefined> {
  const value = await readJson(statusPath(dataDir));
  return isStatus(value) ? value : undefined;
}

function isStatus(value: unknown): value is Status {
  return (
    isRecord(value) &&
    typeof value['epoch'] === 'string' &&
    typeof value['offset'] === 'number' &&
    typeof value['durableOffset'] === 'number' &&
    typeof value['time'] === 'string' &&
    Number.isFinite(Date.parse(value['time'])) &&
    isRecord(value['segments']) &&
    Object.values(value['segments']).every(isSegmentStatus) &&
    isIngestor(value['ingestor'])
  );
}

function isSegmentStatus(value: unknown): boolean {
  if (!isRecord(value) || typeof value['openGaps'] !== 'number') return false;
  const watermark = value['watermark'];
  return watermark === null || (typeof watermark === 'string' && Number.isFinite(Date.parse(watermark)));
}

function isIngestor(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['pid'] === 'number' &&
    typeof value['instance'] === 'string' &&
    typeof value['version'] === 'string'
  );
}
