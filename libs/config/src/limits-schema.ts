import { z } from 'zod';

const GIB = 1_024 ** 3;
const MAX_BYTES = Number.MAX_SAFE_INTEGER;

/** What each long-lived store may take. The journal's age is `ingestor.journal.retentionHours`, the log's size `log`. */
export const limits = z.strictObject({
  /** Oldest files go first, but only those whose ticks are sealed and verified; past it the rest is warned of. */
  journal: z
    .strictObject({
      bytes: z
        .int()
        .min(0)
        .max(MAX_BYTES)
        .default(50 * GIB),
    })
    .prefault({}),
  /** Sealed days of ticks. Candles of older days stay, and are no longer proved against ticks. */
  ticks: z.strictObject({ days: z.int().min(3).max(36_600).default(365) }).prefault({}),
  candles: z.strictObject({ years: z.int().min(1).max(100).default(10) }).prefault({}),
  /** What was set aside is never deleted by itself: past the limit it is warned of, unless `deleteAfterDays` is set. */
  quarantine: z
    .strictObject({
      bytes: z
        .int()
        .min(0)
        .max(MAX_BYTES)
        .default(5 * GIB),
      days: z.int().min(1).max(36_600).default(90),
      deleteAfterDays: z.int().min(1).max(36_600).optional(),
    })
    .prefault({}),
});
