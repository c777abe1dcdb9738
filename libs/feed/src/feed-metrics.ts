import type { Metrics } from '@tickwright/runtime';
import type { FeedReceiver } from './receiver/feed-receiver.ts';
import type { FeedReceiverCounts } from './receiver/receiver-options.ts';
import type { FeedSenderCounts } from './sender/sender-options.ts';

const SENDER: Readonly<Record<keyof FeedSenderCounts, string>> = {
  messages: 'Messages published.',
  bytes: 'Bytes published.',
  ticks: 'Ticks published.',
  candles: 'Candles published, each change one.',
  gaps: 'Changes of gaps published.',
  signals: 'Signals published.',
  heartbeats: 'Heartbeats published.',
  refused: 'Messages that ZeroMQ would not take.',
  forgotten: 'Messages that left the replay buffer.',
  snapshots: 'Pages of snapshots given.',
  replays: 'Questions for lost messages.',
  replayed: 'Messages given again.',
  tooOld: 'Messages that were asked for and no longer kept.',
  badQuestions: 'Questions that could not be read, or of another protocol version.',
};

const RECEIVER: Readonly<Record<keyof FeedReceiverCounts, string>> = {
  messages: 'Messages received.',
  bytes: 'Bytes received.',
  ticks: 'Ticks handed on.',
  candles: 'Candles handed on.',
  duplicates: 'Messages that had been received before.',
  early: 'Messages that came before an earlier one.',
  lost: 'Messages that did not come by themselves.',
  replayed: 'Lost messages that were fetched again.',
  missed: 'Lost messages that are gone for good.',
  topicSnapshots: 'Topics made whole by their state.',
  resyncs: 'Whole snapshots taken.',
  outdated: 'Messages of an epoch that had ended.',
  malformed: 'Messages that could not be read.',
  overrun: 'Messages put off because the consumer did not read.',
  unanswered: 'Questions that had to be asked again.',
  stale: 'How often heartbeats stopped.',
  heartbeats: 'Heartbeats received.',
};

/** What is sent, as gauges named `feed_sent_…` that are read when asked for. */
export function registerSenderMetrics(
  metrics: Metrics,
  health: () => { counts: Readonly<FeedSenderCounts>; keptBytes: number; keptTopics: number } | undefined,
): void {
  for (const [name, help] of entriesOf(SENDER)) {
    gauge(metrics, { name: `feed_sent_${snake(name)}_total`, help, value: () => health()?.counts[name] });
  }
  const kept = { name: 'feed_kept_bytes', help: 'Bytes of messages that can be given again.' };
  gauge(metrics, { ...kept, value: () => health()?.keptBytes });
  gauge(metrics, { name: 'feed_topics', help: 'Topics sent on.', value: () => health()?.keptTopics });
}

/** What is received, as gauges named `feed_received_…` that are read when asked for. */
export function registerReceiverMetrics(metrics: Metrics, receiver: () => FeedReceiver | undefined): void {
  for (const [name, help] of entriesOf(RECEIVER)) {
    gauge(metrics, {
      name: `feed_received_${snake(name)}_total`,
      help,
      value: () => receiver()?.counts[name],
    });
  }
  const live = { name: 'feed_live', help: '1 while the feed is heard and whole.' };
  gauge(metrics, { ...live, value: () => (receiver()?.health().state === 'live' ? 1 : 0) });
  const waiting = { name: 'feed_waiting_events', help: 'Events that wait for their consumer.' };
  gauge(metrics, { ...waiting, value: () => receiver()?.health().waiting });
}

function gauge(
  metrics: Metrics,
  { name, help, value }: { name: string; help: string; value: () => number | undefined },
): void {
  metrics.gauge({
    name,
    help,
    collect: (found) => {
      const now = value();
      if (now !== undefined) found.set(now);
    },
  });
}

function entriesOf<K extends string>(record: Readonly<Record<K, string>>): [K, string][] {
  return Object.entries(record) as [K, string][];
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
