import { EventStream, HttpError, startHttpServer } from '@tickwright/http';
import type { EventClient, HttpServer, Route } from '@tickwright/http';
import type { CalendarAdditions } from '@tickwright/market';
import { join } from 'node:path';
import { bookRoutes } from './book-fixture.ts';
import { ingestorRoutes } from './ingestor-fixture.ts';
import { MarketFixture } from './market-fixture.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
export const TOKEN = 'sesame';

export interface PagesServerOptions {
  readonly instruments: number;
  readonly port?: number;
  /** Share of the rows that move in each quarter of a second. */
  readonly share?: number;
  readonly calendars?: readonly string[];
}

/** What tests turn to see how the pages take it. */
export interface Situation {
  data: { state: 'OK' | 'STALE' | 'DOWN'; reason: string; lastTickTs: string | null };
  ingestor: { state: 'up' | 'down' | 'starting'; ready: boolean; reasons: string[]; reason: string };
  killed: boolean;
  /** Events stand still. */
  isSilent: boolean;
}

export interface PagesServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly market: MarketFixture;
  readonly situation: Situation;
  readonly changes: { path: string; body: unknown }[];
  /** Connections for events since the start. */
  readonly connections: () => number;
  /** Rows of the scanner told since the start, by an answer or by events. */
  readonly toldRows: () => number;
  /** Says that a test has changed a row. */
  readonly changed: (row: object) => void;
}

/** Days on which the NSE is open until the last minute, today's among them, whatever its own calendar knows of them. */
function openAllDay(): CalendarAdditions {
  const now = Date.now();
  const last = new Date(now).getUTCFullYear() + 1;
  const years = Array.from({ length: last - 2026 }, (_, at) => 2027 + at);
  const dates = [-1, 0, 1].map((days) => new Date(now + days * 86_400_000).toISOString().slice(0, 10));
  return {
    nse: {
      years: years.map((year) => ({ year, closures: [`${year}-01-26`] })),
      days: dates.map((date) => ({ date, reason: 'a market that is looked at', sessions: ['00:00-23:59'] })),
    },
  };
}

/** A server that answers as the runner does, from a market of any size: for looking at the pages. */
export async function startPagesServer(options: PagesServerOptions): Promise<PagesServer> {
  const market = new MarketFixture(options.instruments);
  const situation: Situation = {
    data: { state: 'OK', reason: '', lastTickTs: null },
    ingestor: { state: 'up', ready: true, reasons: [], reason: '' },
    killed: false,
    isSilent: false,
  };
  const started = Date.now();
  const overview = (): object => ({
    time: new Date().toISOString(),
    mode: 'paper',
    instance: 'fixture',
    version: '0.1.0',
    uptimeMs: Date.now() - started,
    startedAt: new Date(started).toISOString(),
    phase: 'running',
    killed: situation.killed,
    killReason: situation.killed ? 'by hand' : null,
    candles: { source: 'files', state: 'live', reason: '' },
    data: {
      ...situation.data,
      lastTickTs: situation.data.lastTickTs ?? new Date(Date.now() - 300).toISOString(),
    },
    ingestor: situation.ingestor,
    calendars: options.calendars ?? ['nse'],
    calendarDays: openAllDay(),
  });
  const changes: { path: string; body: unknown }[] = [];
  const clients = new Map<EventClient, { round: number; instrument: unknown }>();
  const heads = new Set<EventClient>();
  let connections = 0;
  let toldRows = 0;
  // As the runner does it: a row's round is the one in which it changed last.
  const rounds = new Map<object, number>();
  let round = 0;
  const run = String(started);
  const tell = (client: EventClient): void => {
    const told = clients.get(client);
    if (told === undefined || client.isBusy) return;
    const isWhole = told.round < 0;
    const rows = market.rows.filter(
      (row) => (rounds.get(row) ?? 0) > told.round && row.symbol === (told.instrument ?? row.symbol),
    );
    told.round = round;
    if (rows.length === 0 && !isWhole) return;
    toldRows += rows.length;
    const part = isWhole ? rows : rows.map(({ spark: _spark, ...row }) => row);
    client.send('scanner', {
      time: new Date().toISOString(),
      cursor: `${run}.${round}`,
      isWhole,
      rows: part,
    });
  };
  const routes: Route[] = [
    { method: 'GET', path: '/api/v1/overview', summary: 'Overview', handler: async () => overview() },
    {
      method: 'GET',
      path: '/api/v1/scanner',
      summary: 'Scanner',
      handler: async () => {
        toldRows += market.rows.length;
        return { time: new Date().toISOString(), cursor: `${run}.${round}`, rows: market.rows };
      },
    },
    {
      method: 'GET',
      path: '/events',
      summary: 'Events',
      query: {
        topics: { type: 'string', description: 'topics' },
        instrument: { type: 'string', description: 'instrument' },
        interval: { type: 'string', description: 'interval' },
        rows: { type: 'string', description: 'cursor' },
      },
      handler: async ({ query: { topics, instrument, rows } }) =>
        new EventStream((client) => {
          const [known, at] = String(rows).split('.');
          const wantsRows = String(topics).includes('scanner');
          if (wantsRows) clients.set(client, { round: known === run ? Number(at) : -1, instrument });
          heads.add(client);
          connections += 1;
          client.signal.addEventListener('abort', () => {
            clients.delete(client);
            heads.delete(client);
          });
          client.send('overview', overview());
          tell(client);
        }),
    },
    ...bookRoutes({ market, situation, changes }),
    ...ingestorRoutes(market, situation),
  ];
  const server: HttpServer = await startHttpServer({
    title: 'pages',
    version: '0.1.0',
    host: '127.0.0.1',
    port: options.port ?? 0,
    token: TOKEN,
    log: quiet,
    routes,
    metrics: async () => '',
    health: () => ({ ok: true }),
    ready: () => ({ ready: true }),
    pages: {
      folder: join(import.meta.dirname, '../../apps/dashboard/dist'),
      home: '/scanner',
      isKnown: (page, rest) => page !== 'instrument' || market.rows.some(({ symbol }) => symbol === rest),
    },
  });
  const rows = setInterval(() => {
    round += 1;
    for (const row of market.step(options.share ?? 0.2)) rounds.set(row, round);
    if (!situation.isSilent) for (const client of clients.keys()) tell(client);
  }, 250);
  const head = setInterval(() => {
    if (situation.isSilent) return;
    for (const client of heads) client.send('overview', overview());
  }, 1_000);
  return {
    url: server.url,
    port: server.port,
    market,
    situation,
    changes,
    connections: () => connections,
    toldRows: () => toldRows,
    changed: (row) => {
      round += 1;
      rounds.set(row, round);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(rows);
      clearInterval(head);
      await server.close();
    },
  };
}

export function notFound(what: string): never {
  throw new HttpError(404, `no ${what} is known here`);
}
