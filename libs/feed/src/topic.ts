import { instrumentKey, parseInterval } from '@tickwright/market';
import type { InstrumentKey, Interval } from '@tickwright/market';

/**
 * Topics, which are also what a receiver subscribes to: ZeroMQ matches by prefix, and each topic ends with a slash so
 * that no instrument is the prefix of another. An instrument's key may hold slashes itself (`KRAKEN|BTC/USD`).
 */
export const topics = {
  /** Without an instrument: those of all of them. */
  candle: (interval: Interval, instrument?: InstrumentKey): string =>
    `candle/${interval}/${ended(instrument)}`,
  tick: (instrument?: InstrumentKey): string => `tick/${ended(instrument)}`,
  gap: (instrument?: InstrumentKey): string => `gap/${ended(instrument)}`,
  /** Without a strategy: the signals of all of them. */
  signal: (strategy?: string): string => `signal/${ended(strategy)}`,
  status: 'status/',
  heartbeat: 'heartbeat/',
} as const;

/** What a topic is about. */
export type TopicName =
  | { readonly kind: 'candle'; readonly interval: Interval; readonly instrument: InstrumentKey }
  | { readonly kind: 'tick' | 'gap'; readonly instrument: InstrumentKey }
  | { readonly kind: 'signal'; readonly strategy: string }
  | { readonly kind: 'status' | 'heartbeat' };

/** Takes a topic apart. Throws a RangeError for what is none. */
export function parseTopic(topic: string): TopicName {
  if (topic === topics.status) return { kind: 'status' };
  if (topic === topics.heartbeat) return { kind: 'heartbeat' };
  const slash = topic.indexOf('/');
  const kind = topic.slice(0, slash);
  const rest = topic.slice(slash + 1, -1);
  if (topic.endsWith('/') && rest !== '') {
    if (kind === 'tick' || kind === 'gap') return { kind, instrument: instrumentKey(rest) };
    if (kind === 'signal') return { kind, strategy: rest };
    const next = rest.indexOf('/');
    if (kind === 'candle' && next > 0) {
      const interval = parseInterval(rest.slice(0, next));
      return { kind, interval, instrument: instrumentKey(rest.slice(next + 1)) };
    }
  }
  throw new RangeError(`"${topic}" is no topic of the feed`);
}

function ended(name: string | undefined): string {
  return name === undefined ? '' : `${name}/`;
}
