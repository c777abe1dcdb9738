import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, writeFileAtomic } from '@tickwright/runtime';
import { z } from 'zod';
import type { SourceConfig } from './schema.ts';
import { VENUES, instrument } from './source-schema.ts';

/** What `tickwright subscribe` and `unsubscribe` have changed of one venue, beside what the configuration says. */
export interface VenueChanges {
  readonly venue: string;
  readonly subscribed: readonly string[];
  readonly unsubscribed: readonly string[];
}

const stored = z.strictObject({
  version: z.literal(1),
  changes: z.array(
    z.strictObject({
      venue: z.enum(VENUES),
      subscribed: z.array(instrument),
      unsubscribed: z.array(instrument),
    }),
  ),
});

/** The ingestor's own file: it alone writes it. */
export function subscriptionChangesFile(dataDir: string): string {
  return join(dataDir, 'ingestor', 'subscriptions.json');
}

/** None when there is no file. Errors: ConfigError for one that cannot be read. */
export async function readSubscriptionChanges(dataDir: string): Promise<readonly VenueChanges[]> {
  const file = subscriptionChangesFile(dataDir);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  try {
    return stored.parse(JSON.parse(text)).changes;
  } catch (cause) {
    throw new ConfigError(
      [
        `${file} is damaged: what was subscribed and unsubscribed while running is not known; correct it, or remove it to go by the configuration alone`,
      ],
      { cause },
    );
  }
}

export async function writeSubscriptionChanges(
  dataDir: string,
  changes: readonly VenueChanges[],
): Promise<void> {
  const text = `${JSON.stringify({ version: 1, changes }, null, 2)}\n`;
  await writeFileAtomic(subscriptionChangesFile(dataDir), text);
}

/**
 * The sources as they are to run: without what was unsubscribed, and what was subscribed with the venue's first. A source
 * of which nothing is left stays, so that something can be subscribed there again.
 */
export function changedSources(
  sources: readonly SourceConfig[],
  changes: readonly VenueChanges[],
): SourceConfig[] {
  const placed = new Set<string>();
  return sources.map((source) => {
    const change = changes.find(({ venue }) => venue === source.venue);
    if (change === undefined) return source;
    const left = source.instruments.filter((key) => !change.unsubscribed.includes(key));
    const elsewhere = sources.filter((one) => one.venue === source.venue).flatMap((one) => one.instruments);
    const added = placed.has(source.venue)
      ? []
      : change.subscribed.filter((key) => !elsewhere.some((known) => known === key));
    placed.add(source.venue);
    return { ...source, instruments: [...left, ...added.map((key) => instrument.parse(key))] };
  });
}

/** What remains to be remembered when some of a venue's instruments are asked for, or not any more. */
export function withChange(
  changes: readonly VenueChanges[],
  change: VenueChanges,
  configured: readonly string[],
): VenueChanges[] {
  const { venue } = change;
  const before = changes.find((one) => one.venue === venue);
  const without = (keys: readonly string[] = [], gone: readonly string[]): string[] =>
    keys.filter((key) => !gone.includes(key));
  const subscribed = new Set([
    ...without(before?.subscribed, change.unsubscribed),
    ...without(change.subscribed, configured),
  ]);
  const unsubscribed = new Set([
    ...without(before?.unsubscribed, change.subscribed),
    ...change.unsubscribed.filter((key) => configured.includes(key)),
  ]);
  const others = changes.filter((one) => one.venue !== venue);
  if (subscribed.size + unsubscribed.size === 0) return others;
  return [...others, { venue, subscribed: [...subscribed], unsubscribed: [...unsubscribed] }];
}
