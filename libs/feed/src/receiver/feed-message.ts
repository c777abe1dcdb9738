import type { FeedEvent, FeedOrigin } from '../feed-event.ts';
import type { TopicName } from '../topic.ts';
import { decodeCandles } from '../wire/candle-columns.ts';
import { PayloadKind } from '../wire/header.ts';
import type { Header } from '../wire/header.ts';
import { decodeGaps, decodeSignal, decodeStatus } from '../wire/packed.ts';
import { decodeTicks } from '../wire/tick-columns.ts';

/** The event of a message; undefined for a payload that is damaged or does not belong to its topic. */
export function eventOf(
  about: TopicName,
  header: Header,
  { topic, message }: { topic: string; message: Buffer },
): FeedEvent | undefined {
  const { epoch, sequence, offset, durableOffset, sendMicros, isSnapshot } = header;
  const origin: FeedOrigin = { topic, epoch, sequence, offset, durableOffset, sendMicros, isSnapshot };
  try {
    return payloadOf(about, header, { origin, message });
  } catch {
    return undefined;
  }
}

function payloadOf(
  about: TopicName,
  { kind, count }: Header,
  { origin, message }: { origin: FeedOrigin; message: Buffer },
): FeedEvent | undefined {
  switch (about.kind) {
    case 'candle': {
      const { instrument, interval } = about;
      if (kind !== PayloadKind.candles) return undefined;
      return { type: 'candles', ...origin, instrument, interval, candles: decodeCandles(message, count) };
    }
    case 'tick':
      if (kind !== PayloadKind.ticks) return undefined;
      return { type: 'ticks', ...origin, instrument: about.instrument, ticks: decodeTicks(message, count) };
    case 'gap':
      if (kind !== PayloadKind.gaps) return undefined;
      return { type: 'gaps', ...origin, instrument: about.instrument, gaps: decodeGaps(message) };
    case 'signal':
      if (kind !== PayloadKind.signal) return undefined;
      return { type: 'signal', ...origin, signal: decodeSignal(message) };
    case 'status':
      if (kind !== PayloadKind.status) return undefined;
      return { type: 'status', ...origin, status: decodeStatus(message) };
    case 'heartbeat':
      return undefined;
  }
}
