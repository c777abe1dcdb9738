import { EventStream, HttpError } from '@tickwright/http';
import type { EventClient, Route } from '@tickwright/http';
import { INTERVALS } from '@tickwright/market';
import type { LiveBoard } from '../live-board.ts';
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
        instrument: INSTRUMENT,
        interval: { type: 'string', description: 'of the candles', enum: INTERVALS },
      },
      handler: async ({ query }) => {
        const topics = topicsOf(String(query['topics']));
        const { instrument, interval } = query;
        const stream =
          typeof instrument === 'string' && typeof interval === 'string'
            ? `${interval} ${instrument}`
            : undefined;
        return new EventStream((client) => feed(client, { state, parts, topics, stream }));
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
  readonly stream: string | undefined;
}

function feed(client: EventClient, { state, parts, topics, stream }: Feeding): void {
  let round = 0;
  let cursor: ReturnType<LiveBoard['begin']> | undefined;
  const send = (): void => {
    if (client.isBusy) return;
    if (topics.has('overview') && round % OVERVIEW_EVERY === 0) client.send('overview', state.overview());
    round += 1;
    if (state.parts === undefined) return;
    const { board } = parts();
    cursor ??= board.begin(stream);
    for (const { event, data } of board.since(cursor, topics)) client.send(event, data);
  };
  send();
  const timer = setInterval(send, PACE_MS);
  client.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
