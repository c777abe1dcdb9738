import type { Route } from '@tickwright/http';
import { INTERVALS, parseInterval } from '@tickwright/market';
import type { Interval } from '@tickwright/market';
import type { Candle } from '@tickwright/store';
import { INSTRUMENT, TIME, isoTime, limitOf, requireInstrument } from './answers.ts';
import type { Parts } from './answers.ts';
import type { RunnerState } from '../runner-state.ts';

/** The market as the runner sees it: the scanner, candles, how fresh they are. */
export function marketRoutes(state: RunnerState, parts: Parts): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/overview',
      summary: 'How things stand: mode, data, candles, ingestor; from memory',
      handler: async () => state.overview(),
    },
    {
      method: 'GET',
      path: '/api/v1/scanner',
      summary: 'A row for each instrument and interval of a strategy, with the newest closes',
      handler: async () => {
        const { board } = parts();
        const nowMicros = state.clock.nowMicros();
        // Before the rows are read: what changes in between is told again, and never missed.
        const cursor = board.rowsCursor();
        const rows = board.rows(nowMicros).map((row) => board.withCloses(row));
        return { time: isoTime(nowMicros), cursor, rows };
      },
    },
    {
      method: 'GET',
      path: '/api/v1/candles',
      summary: 'Candles of one instrument, oldest first, with the gaps that overlap them',
      query: {
        instrument: INSTRUMENT,
        interval: { type: 'string', description: 'how long each is', enum: INTERVALS, default: '1m' },
        from: TIME,
        to: TIME,
        limit: limitOf(500, 5_000),
      },
      required: ['instrument'],
      handler: async ({ query }) => {
        const running = parts();
        const instrument = String(query['instrument']);
        requireInstrument(running, instrument);
        const interval = parseInterval(String(query['interval']));
        const limit = Number(query['limit']);
        const to = typeof query['to'] === 'number' ? query['to'] : Infinity;
        const { candles, asOf } = await candlesOf(running, {
          instrument,
          interval,
          limit,
          to,
          from: query['from'],
        });
        const shown = candles.slice(-limit);
        const first = shown[0]?.openTime ?? 0;
        const last = shown.at(-1)?.closeTime ?? 0;
        const gaps = (await running.gaps()).filter(
          (gap) =>
            gap.instrument === instrument &&
            gap.fromMicros < last &&
            (gap.toMicros < 0 || gap.toMicros > first),
        );
        return {
          instrument,
          interval,
          calendar: running.instruments().find(({ key }) => key === instrument)?.calendar ?? 'always',
          candles: shown.map(candleJson),
          gaps: gaps.map(({ fromMicros, toMicros, cause, state: gapState }) => ({
            fromMicros,
            toMicros: toMicros < 0 ? null : toMicros,
            cause,
            state: gapState,
          })),
          freshness:
            asOf === undefined ? null : { publishedMicros: Date.parse(asOf.time) * 1_000, ageMs: asOf.ageMs },
          more: candles.length > limit,
        };
      },
    },
  ];
}

type Running = ReturnType<Parts>;

/** One more than asked for, where there is one: so it is known whether older ones exist. */
async function candlesOf(
  { query }: Running,
  asked: {
    instrument: string;
    interval: Interval;
    limit: number;
    to: number;
    from: unknown;
  },
): ReturnType<Running['query']['getCandles']> {
  const { instrument, interval, limit, to, from } = asked;
  if (typeof from !== 'number' && to === Infinity)
    return await query.latestCandles({ instruments: [instrument], interval, count: limit + 1 });
  return await query.getCandles({
    instrument,
    interval,
    from: typeof from === 'number' ? from : -Infinity,
    to,
    last: limit + 1,
  });
}

function candleJson({ openTime, closeTime, isClosed, instrument: _instrument, ...rest }: Candle): object {
  const { revision } = rest;
  const state = isClosed ? (revision > 0 ? 'revised' : 'closed') : 'forming';
  return { openMicros: openTime, closeMicros: closeTime, state, ...rest };
}
