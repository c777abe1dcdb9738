import { z } from 'zod';

/** Consistent copies of what the ingestor owns. Without a directory they are in `backups/` of the data directory. */
export const backups = z.strictObject({
  /** Best on another disk; relative to the working directory. */
  directory: z.string().min(1).optional(),
  /** While a session is open, and once after the last has closed; 0: only when asked for. */
  everyMinutes: z
    .int()
    .min(0)
    .max(7 * 24 * 60)
    .default(60),
  /** A backup goes when so many newer ones exist, or when it is older; the newest good one always stays. */
  keep: z
    .strictObject({
      count: z.int().min(1).max(10_000).default(24),
      hours: z
        .int()
        .min(1)
        .max(24 * 3_660)
        .default(7 * 24),
    })
    .prefault({}),
  /**
   * A program and its arguments, run without a shell on each finished backup; `{folder}` in them is its folder, which
   * else is added as the last argument.
   */
  command: z.array(z.string().min(1)).min(1).max(64).optional(),
  /** The command is ended after this time. */
  commandTimeoutMs: z.int().min(1_000).max(86_400_000).default(1_800_000),
});
