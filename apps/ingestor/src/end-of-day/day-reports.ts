import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HttpError } from '@tickwright/http';
import type { Route } from '@tickwright/http';
import type { SessionDay } from './session-days.ts';
import type { VenueDifference } from '@tickwright/store';

/** Days told at most; a report of each is read for it. */
const DAYS_MAX = 14;
const LISTED_USUAL = 500;
const LISTED_MAX = 10_000;
/** A calendar and a date: no name that leads elsewhere. */
const NAME = /^[a-z0-9-]+-(\d{4}-\d{2}-\d{2})\.json$/;

interface DayReport extends SessionDay {
  readonly differences: number;
  readonly byInstrument: Readonly<Record<string, number>>;
  readonly listed: readonly VenueDifference[];
}

/** What the ends of days found different from the venues' candles, as `reportDay` wrote it. */
export function dayReportRoutes(dataDir: () => string): Route[] {
  const folder = (): string => join(dataDir(), 'ingestor', 'end-of-day');
  return [
    {
      method: 'GET',
      path: '/api/v1/end-of-day',
      summary: `The newest ${DAYS_MAX} days that were compared with the venues' own candles, newest first: differences of each, by instrument`,
      handler: async () => {
        const names = (await namesIn(folder())).slice(0, DAYS_MAX);
        const reports = await Promise.all(
          names.map(async (name) => [name, await read(folder(), name)] as const),
        );
        return {
          days: reports.flatMap(([report, day]) => {
            if (day === undefined) return [];
            const { listed: _listed, ...summary } = day;
            return [{ report, ...summary }];
          }),
        };
      },
    },
    {
      method: 'GET',
      path: '/api/v1/end-of-day/{report}',
      summary: "A compared day's differences: instrument, minute, field, ours, theirs",
      query: {
        limit: {
          type: 'integer',
          description: 'at most so many, the first',
          minimum: 1,
          maximum: LISTED_MAX,
          default: LISTED_USUAL,
        },
      },
      handler: async ({ params, query }) => {
        const name = params['report'] ?? '';
        const found = (await namesIn(folder())).includes(name) ? await read(folder(), name) : undefined;
        if (found === undefined)
          throw new HttpError(404, `no report "${name}" is here; /api/v1/end-of-day lists those that are`);
        return { report: name, ...found, listed: found.listed.slice(0, Number(query['limit'])) };
      },
    },
  ];
}

/** Newest day first. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const dateOf = (name: string): string => NAME.exec(name)?.[1] ?? '';
  return names
    .filter((name) => NAME.test(name))
    .toSorted((a, b) => dateOf(b).localeCompare(dateOf(a)) || a.localeCompare(b));
}

/** undefined: it was removed meanwhile, as the oldest are. */
async function read(folder: string, name: string): Promise<DayReport | undefined> {
  try {
    // Written whole by this program, or the one before it: the shape is our own.
    return JSON.parse(await readFile(join(folder, name), 'utf8')) as DayReport;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
