import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('writes counters, gauges and histograms under the prefix, and the process with its event-loop lag', async () => {
  const metrics = createMetrics();
  const frames = metrics.counter({ name: 'frames_total', help: 'Frames.', labels: ['venue'] });
  frames.add(2, { venue: 'binance' });
  frames.add(1, { venue: 'binance' });
  metrics.gauge({ name: 'depth', help: 'Depth.' }).set(7);
  metrics.histogram({ name: 'flush_seconds', help: 'Flush.', buckets: [0.1, 1] }).observe(0.5);
  const text = await metrics.text();
  expect(text).toContain('tickwright_frames_total{venue="binance"} 3');
  expect(text).toContain('tickwright_depth 7');
  expect(text).toContain('tickwright_flush_seconds_bucket{le="1"} 1');
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).toContain('nodejs_eventloop_lag_seconds');
  expect(metrics.contentType).toContain('text/plain');
});

test('a gauge with a collector has the value of the moment it is read', async () => {
  const metrics = createMetrics({ prefix: 'x_' });
  let ageSeconds = 1;
  metrics.gauge({
    name: 'age_seconds',
    help: 'Age.',
    labels: ['what'],
    collect: (gauge) => {
      gauge.set(ageSeconds, { what: 'frame' });
    },
  });
  expect(await metrics.text()).toContain('x_age_seconds{what="frame"} 1');
  ageSeconds = 9;
  expect(await metrics.text()).toContain('x_age_seconds{what="frame"} 9');
});

test('two registries know nothing of each other, and one name is registered once', () => {
  const [first, second] = [createMetrics(), createMetrics()];
  first.counter({ name: 'a_total', help: 'A.' });
  second.counter({ name: 'a_total', help: 'A.' });
  expect(() => first.counter({ name: 'a_total', help: 'A.' })).toThrow();
});
