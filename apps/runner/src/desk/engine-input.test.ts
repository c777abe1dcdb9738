import { instrumentKey } from '@tickwright/market';
import type { Interval } from '@tickwright/market';
import { expect, test } from 'vitest';
import { T0, minute } from '../candle-source/candle-fixture.ts';
import type { SourceCandleEvent, SourceHistoryEvent, SourcePhase } from '../candle-source/source-event.ts';
import { engineInputs } from './engine-input.ts';

const ALPHA = instrumentKey('SIM|ALPHA');

function told(phase: SourcePhase, number: number): SourceCandleEvent {
  return { type: 'candle', phase, interval: '1m', candle: minute(number) };
}

function history(interval: Interval, ...numbers: number[]): SourceHistoryEvent {
  return { type: 'history', instrument: ALPHA, interval, candles: numbers.map((number) => minute(number)) };
}

test('what warms up comes as one event a stream, shorter intervals first, and before what was missed', () => {
  const events = [history('5m', 0), history('1m', 0, 1), told('missed', 2), told('closed', 3)];
  const inputs = engineInputs(events, () => ({ closed: ['1m', '5m'], forming: [] }));
  const seen = inputs.map((input) =>
    input.type === 'history'
      ? [input.type, input.interval, input.candles.map(({ openMicros }) => (openMicros - T0) / 60e6)]
      : input.type === 'candle' && [input.phase, input.interval, (input.candle.openMicros - T0) / 60e6],
  );
  expect(seen).toEqual([
    ['history', '1m', [0, 1]],
    ['history', '5m', [0]],
    ['missed', '1m', 2],
    ['live', '1m', 3],
  ]);
});

test('what warms up and nobody wants is left out', () => {
  expect(engineInputs([history('5m', 0)], () => ({ closed: ['1m'], forming: [] }))).toEqual([]);
  expect(engineInputs([history('1m', 0)], () => ({ closed: ['1m'], forming: [] }))).toMatchObject([
    { instrument: ALPHA, type: 'history' },
  ]);
});
