import type { IngestorStatus } from '../api/ingestor-status.ts';
import type { Ops } from '../api/ops.ts';
import { element, fill } from '../dom/element.ts';
import { UNKNOWN, bytes, compact, whole } from '../format/numbers.ts';
import { duration, shortAge } from '../format/times.ts';
import type { Rates } from './rates.ts';

interface Stage {
  readonly title: string;
  readonly rate: string;
  readonly ageMs: number | null | undefined;
  readonly detail: string;
  /** Older than this is amber, ten times as old red. */
  readonly usualMs: number;
}

function perSecond(rate: number | undefined, unit: string): string {
  return rate === undefined ? '–' : `${compact(rate)} ${unit}/s`;
}

/** The way of a tick, stage by stage, as far as it is known. */
export function stagesOf(options: {
  status: IngestorStatus | undefined;
  ops: Ops | undefined;
  rates: Rates;
  nowMs: number;
}): readonly Stage[] {
  const { status, ops, rates, nowMs } = options;
  const { journal, tickFile, candles, streams } = status ?? {};
  const messages = streams?.reduce((sum, { frames }) => sum + frames.messages, 0);
  const rate = (name: string, value: number | undefined): number | undefined =>
    rates.rate(name, value, nowMs);
  const waiting = journal === undefined ? undefined : journal.nextOffset - journal.durableOffset;
  const { runner } = ops ?? {};
  const source = runner?.candleSource;
  const latency = runner?.latency.closeToSignalMs;
  return [
    {
      title: 'Frames',
      rate: perSecond(rate('frames', messages), 'frames'),
      ageMs: status?.ages.lastFrame,
      detail: streams?.length === 1 ? '1 stream' : `${streams?.length ?? 0} streams`,
      usualMs: 5_000,
    },
    {
      title: 'Durable',
      rate: perSecond(rate('durable', journal?.durableOffset), 'frames'),
      ageMs: status?.ages.lastDurableSync,
      detail: `${whole(waiting)} wait, ${bytes(journal?.pendingBytes)}`,
      usualMs: 2_000,
    },
    {
      title: 'Flush',
      rate: perSecond(rate('flushed', tickFile?.flushedRows), 'ticks'),
      ageMs: status?.ages.lastFlush,
      detail: `${whole(tickFile?.waitingRows)} wait, last ${duration(tickFile?.lastDurationMs)}`,
      usualMs: 5_000,
    },
    {
      title: 'Publish',
      rate: perSecond(rate('cycles', candles?.cycles), 'cycles'),
      ageMs: status?.ages.lastPublish,
      detail: `last ${duration(candles?.lastDurationMs)}, ${whole(candles?.missedCycles)} missed`,
      usualMs: 10_000,
    },
    {
      title: source?.kind === 'feed' ? 'Feed' : 'Candle files',
      rate: perSecond(
        rate('reads', runner?.feed?.messages ?? source?.readsTotal),
        source?.kind === 'feed' ? 'messages' : 'reads',
      ),
      ageMs: source?.lastLagMs,
      detail: `${whole(source?.retriesTotal)} retries, ${whole(source?.failuresTotal)} failed`,
      usualMs: 10_000,
    },
    {
      title: 'Engine, ledger',
      rate: perSecond(rate('events', runner?.ledger?.lastSeq), 'events'),
      ageMs: runner?.ages.lastEvent,
      detail: `event ${whole(runner?.ledger?.lastSeq)}`,
      usualMs: 5_000,
    },
    {
      title: 'Signal',
      rate:
        latency?.p50 === null || latency === undefined ? 'none in this run' : `p50 ${duration(latency.p50)}`,
      ageMs: runner?.ages.lastSignal,
      detail:
        latency?.p99 === null || latency === undefined
          ? 'from a candle’s closing'
          : `p99 ${duration(latency.p99)} from closing`,
      usualMs: Infinity,
    },
  ];
}

export function showPipeline(target: HTMLElement, stages: readonly Stage[]): void {
  const items = stages.map(({ title, rate, ageMs, detail, usualMs }) => {
    const isKnown = ageMs !== undefined && ageMs !== null;
    const tone = !isKnown ? 'muted' : ageMs > usualMs * 10 ? 'bad' : ageMs > usualMs ? 'warn' : 'ok';
    return element(
      'li',
      {},
      element(
        'div',
        { class: 'stage', 'data-tone-of': tone },
        element('b', {}, title),
        element('span', { class: 'stage-rate' }, rate),
        element('span', {}, isKnown ? `${shortAge(ageMs)} ago` : UNKNOWN),
        element('span', { class: 'muted' }, detail),
      ),
    );
  });
  fill(target, ...items);
}
