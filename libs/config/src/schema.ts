import { z } from 'zod';
import { backups } from './backups-schema.ts';
import { calendars } from './calendars-schema.ts';
import { httpAddress } from './http-schema.ts';
import { limits } from './limits-schema.ts';
import { alerts, feed, runner } from './runner-schema.ts';
import { SIMULATED_INSTRUMENTS, simulator } from './simulator-schema.ts';
import { source } from './source-schema.ts';

const MIB = 1_024 * 1_024;

const journal = z.strictObject({
  /** A journal file is finished when it reaches this size. */
  fileBytes: z
    .int()
    .min(MIB)
    .max(1_024 * MIB)
    .default(64 * MIB),
  /** Frames wait this long at most for the group that is synced together. */
  syncIntervalMs: z.int().min(1).max(1_000).default(20),
  /** Finished files are kept this long. */
  retentionHours: z
    .int()
    .min(1)
    .max(24 * 366)
    .default(48),
});

const disk = z.strictObject({
  /** With less free than this the streams pause; they go on by themselves with a quarter more. */
  reserveBytes: z
    .int()
    .min(0)
    .default(1_024 * MIB),
  /** The reserve is never more than this share of the volume. */
  reservePercent: z.number().min(0).max(90).default(10),
  lookIntervalMs: z.int().min(50).max(60_000).default(1_000),
});

const recovery = z.strictObject({
  /** Whether what was missed is fetched from the venue's REST history. */
  enabled: z.boolean().default(true),
  /** A gap is left alone for so long: what was reordered comes by itself. */
  settleMs: z.int().min(0).max(600_000).default(2_000),
  /** Hours of trading before an instrument is seen for the first time that the venue's candles are fetched for; 0: none. */
  warmUpHours: z.number().min(0).max(2_000).default(8),
});

const ingestor = z.strictObject({
  flushIntervalMs: z.int().min(50).max(60_000).default(500),
  aggregateIntervalMs: z.int().min(100).max(60_000).default(1_500),
  http: httpAddress({ port: 5001 }),
  journal: journal.prefault({}),
  disk: disk.prefault({}),
  /** Candles of this many hours are kept in memory, for late ticks and revisions. */
  memoryHours: z.int().min(1).max(48).default(3),
  recovery: recovery.prefault({}),
});

const log = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Whether services also write their log to files under the data directory. */
  file: z.boolean().default(true),
  /** A log file is finished at this size. */
  fileBytes: z
    .int()
    .min(64 * 1_024)
    .max(1_024 * MIB)
    .default(16 * MIB),
  /** So many files are kept. */
  files: z.int().min(2).max(1_000).default(10),
});

/** The whole configuration. Without a file it is the simulated venue with five instruments, and loopback only. */
export const configSchema = z.strictObject({
  /** Relative to the working directory. */
  dataDir: z.string().min(1).default('./data'),
  /** A YAML file of secrets, readable by its owner alone: `TICKWRIGHT_UPSTOX_TOKEN: …`. Default `secrets.yaml` in dataDir. */
  secretsFile: z.string().min(1).optional(),
  sources: z
    .array(source)
    .min(1)
    .prefault([{ venue: 'simulated', instruments: [...SIMULATED_INSTRUMENTS] }]),
  calendars: calendars.prefault({}),
  ingestor: ingestor.prefault({}),
  simulator: simulator.prefault({}),
  feed: feed.default({ kind: 'none' }),
  runner: runner.prefault({}),
  backups: backups.prefault({}),
  alerts: alerts.prefault({}),
  log: log.prefault({}),
  limits: limits.prefault({}),
});

export type Config = z.output<typeof configSchema>;
export type SourceConfig = Config['sources'][number];
export type SimulatorConfig = Config['simulator'];
