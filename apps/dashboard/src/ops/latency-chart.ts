import type { Ops } from '../api/ops.ts';
import { element, fill } from '../dom/element.ts';
import { whole } from '../format/numbers.ts';
import { duration } from '../format/times.ts';

/** A histogram as rows of bars: read as well by ear as by eye. */
export function showLatency(target: HTMLElement, latency: Ops['runner']['latency'] | undefined): void {
  if (latency === undefined || latency.closeToSignalMs.count === 0) {
    fill(
      target,
      element(
        'p',
        { class: 'empty' },
        'No signal in this run. The time from a candle’s closing to its stored signal is shown once there is one.',
      ),
    );
    return;
  }
  const { count, p50, p99, max } = latency.closeToSignalMs;
  const most = Math.max(1, ...latency.histogram.map(([, times]) => times));
  const rows = latency.histogram.map(([bound, times], index) => {
    const below = latency.histogram[index - 1]?.[0] ?? 0;
    const bar = element('i');
    bar.style.width = `${((100 * times) / most).toFixed(1)}%`;
    const label = bound === null ? `over ${duration(below)}` : `to ${duration(bound)}`;
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, label),
      element('td', { class: 'bar' }, bar),
      element('td', { class: 'right' }, whole(times)),
    );
  });
  fill(
    target,
    element(
      'p',
      {},
      `From a candle’s closing by the venue’s time to its signal stored: p50 ${duration(p50)}, p99 ${duration(p99)}, most ${duration(max)}, of ${whole(count)}.`,
    ),
    element(
      'table',
      { class: 'histogram', 'aria-label': 'Latency histogram' },
      element('tbody', {}, ...rows),
    ),
  );
}
