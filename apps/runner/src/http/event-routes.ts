import { EventStream, HttpError } from '@tickwright/http';
import type { EventClient, Route } from '@tickwright/http';
import { INTERVALS } from '@tickwright/market';
import type { BoardBeginning, BoardCursor } from '../live-board.ts';
import type { RunnerState } from '../runner-state.ts';
import { INSTRUMENT } from './answers.ts';
import type { Parts } from './answers.ts';

/** What is new is sent this often at most, merged. */
const PACE_MS = 250;
const OVERVIEW_EVERY = 4;

export const TOPICS = [
  'overview',
  'scanner',
  'signal',
  'notice',
  'order',
  'fill',
  'trade',
  'account',
  'positions',
  'equity',
  'strategies',
  'candle',
] as const;
type Topic = (typeof TOPICS)[number];

/** Live changes, at most four times a second. */
export function eventRoutes(state: RunnerState, parts: Parts): Route[] {
  return [
    {
      method: 'GET',
      path: '/events',
      summary: `Server-sent events of topics: ${TOPICS.join(', ')}`,
      query: {
        topics: {
          type: 'string',
          description: 'names, separated by commas',
          maxLength: 200,
          default: 'overview,scanner,signal,notice',
        },
        instrument: { ...INSTRUMENT, description: 'the only one whose rows and candles are told' },
        interval: { type: 'string', description: 'of the candles', enum: INTERVALS },
        rows: {
          type: 'string',
          description:
            'the cursor of the rows that are known, as /api/v1/scanner or the last scanner event told it: only what changed since is told. Without it, or when this run does not know it, the first scanner event has all rows and says isWhole',
          maxLength: 80,
        },
      },
      handler: async ({ query }) => {
        const topics = topicsOf(String(query['topics']));
        const [instrument, interval, rowsCursor] = [
          query['instrument'],
          query['interval'],
          query['rows'],
        ].map((value) => (typeof value === 'string' ? value : undefined));
        const stream =
          instrument === undefined || interval === undefined ? undefined : `${interval} ${instrument}`;
        const from = { stream, instrument, rowsCursor };
        return new EventStream((client) => feed(client, { state, parts, topics, from }));
      },
    },
  ];
}

function topicsOf(text: string): ReadonlySet<Topic> {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !TOPICS.some((topic) => topic === name));
  if (unknown !== undefined)
    throw new HttpError(400, `parameter "topics": "${unknown}" is none of ${TOPICS.join(', ')}`);
  return new Set(TOPICS.filter((topic) => names.includes(topic)));
}

interface Feeding {
  readonly state: RunnerState;
  readonly parts: Parts;
  readonly topics: ReadonlySet<Topic>;
  readonly from: BoardBeginning;
}

function feed(client: EventClient, { state, parts, topics, from }: Feeding): void {
  let round = 0;
  let told: string | undefined;
  let cursor: BoardCursor | undefined;
  const send = (): void => {
    if (client.isBusy) return;
    const ingestor = state.parts?.link.view.state;
    // An ingestor that goes is told at once: pages promise to show it within seconds.
    if (topics.has('overview') && (round % OVERVIEW_EVERY === 0 || ingestor !== told))
      client.send('overview', state.overview());
    told = ingestor;
    round += 1;
    if (state.parts === undefined) return;
    const { board } = parts();
    cursor ??= board.begin(from);
    for (const { event, data } of board.since(cursor, topics)) client.send(event, data);
  };
  send();
  const timer = setInterval(send, PACE_MS);
  client.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
