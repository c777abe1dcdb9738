import { join } from 'node:path';
import {
  GAP_ANCHOR,
  LEDGER_ANCHOR,
  OLDEST_TICK_SCHEMA,
  TICK_ANCHOR,
  TICK_SCHEMA_VERSION,
  tickPaths,
} from '@tickwright/store';

/** A database file of a data directory, and what tells how far it is. */
export interface StoreDatabase {
  readonly name: string;
  readonly path: string;
  /**
   * Its schema version: SQL for one row with `version`, the newest that this release knows, and the oldest that it migrates
   * when it opens the file.
   */
  readonly version: { readonly sql: string; readonly newest: number; readonly oldest: number } | undefined;
  /** Compared with numbers kept outside: SQL for one row with columns named as in the anchor. */
  readonly anchors: readonly { readonly part: string; readonly sql: string }[];
  /** Whether it can be made again from the journal, the sealed parts and what is published. */
  readonly canRebuild: boolean;
  /** Databases that go into quarantine with it: what they hold would seem to follow what is missing then. */
  readonly takesAlong: readonly string[];
}

const TICK_VERSION = {
  sql: 'SELECT max(schema_version) AS version FROM state',
  newest: TICK_SCHEMA_VERSION,
  oldest: OLDEST_TICK_SCHEMA,
} as const;

/** The databases that the ingestor owns. Whether each is there is another question. */
export function ingestorDatabases(dataDir: string): StoreDatabase[] {
  const paths = tickPaths(dataDir);
  return [
    {
      name: 'tick file',
      path: paths.live,
      version: TICK_VERSION,
      anchors: [
        {
          part: TICK_ANCHOR,
          sql: 'SELECT max(applied_offset) AS "appliedOffset", max(sealed_offset) AS "sealedOffset" FROM state',
        },
      ],
      canRebuild: true,
      takesAlong: [],
    },
    {
      name: 'sealing file',
      path: paths.sealing,
      version: TICK_VERSION,
      anchors: [],
      canRebuild: true,
      takesAlong: [paths.live],
    },
    {
      name: 'state',
      path: join(dataDir, 'state.duckdb'),
      version: undefined,
      anchors: [
        { part: GAP_ANCHOR, sql: 'SELECT coalesce(max(written), 0) AS written FROM gaps' },
        {
          part: LEDGER_ANCHOR,
          sql: 'SELECT coalesce(max(as_of), -1) AS "asOf" FROM ledger_memory',
        },
      ],
      canRebuild: true,
      takesAlong: [],
    },
  ];
}
