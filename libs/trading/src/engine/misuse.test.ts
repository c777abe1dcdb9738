import { describe, expect, test } from 'vitest';
import { decimal } from '../decimal.ts';
import { ALPHA, BETA, EngineRig, configOf, minute, rulesOf, strategyOf } from '../testing/engine-rig.ts';
import { scriptedStrategy } from '../testing/scripted-strategy.ts';

const flat = [100, 100, 100, 100] as const;

describe('a strategy that throws', () => {
  const two = {
    strategies: [
      strategyOf({
        use: 'scripted',
        id: 'bad',
        parameters: { votes: { [minute(1)]: 'throw', [minute(0)]: 'long' } },
      }),
      strategyOf({ use: 'scripted', id: 'good', parameters: { votes: { [minute(1)]: 'long' } } }),
    ],
    fills: { ...configOf().fills, participation: decimal('0.001') },
  };

  test('is stopped and shown, its orders are cancelled, and the others go on', () => {
    const rig = new EngineRig([scriptedStrategy()]);
    rig.start(configOf(two));
    rig.candle(minute(0), flat, {});
    const output = rig.candle(minute(1), flat);
    expect(output.strategies).toMatchObject([
      { strategy: 'bad', status: 'stopped', reason: 'threw at a candle: as the script says' },
    ]);
    expect(output.notices).toMatchObject([{ code: 'strategy-stopped', strategy: 'bad', instrument: ALPHA }]);
    expect(rig.orderNow('o-1')).toMatchObject({ state: 'cancelled', code: 'strategy-stopped' });
    expect(output.signals).toMatchObject([{ strategy: 'good' }]);
  });

  test('gets another chance when it is enabled again', () => {
    const rig = new EngineRig([scriptedStrategy()]);
    rig.start(configOf(two));
    rig.candle(minute(0), flat);
    rig.candle(minute(1), flat);
    rig.command({ kind: 'enable-strategy', strategy: 'bad' });
    expect(rig.engine.strategies()[0]).toMatchObject({ strategy: 'bad', status: 'running' });
  });

  test('or is not there, or has wrong parameters, is stopped from the start', () => {
    const rig = new EngineRig([]);
    const output = rig.start(configOf({ strategies: [strategyOf({ use: 'nobody' })] }));
    expect(output.strategies).toMatchObject([{ status: 'stopped', reason: 'there is no strategy "nobody"' }]);
  });
});

describe('the engine refuses', () => {
  const code = (value: string) => expect.objectContaining({ name: 'EngineError', code: value });
  const clock = { type: 'clock' } as const;

  test('an event before the first start, and changes nothing', () => {
    const rig = new EngineRig();
    expect(() => rig.feed(clock)).toThrow(code('not-started'));
    expect(rig.engine.lastSeq).toBe(0);
    rig.start(configOf());
    rig.crash();
    expect(() => rig.feed(clock)).toThrow(code('not-started'));
  });

  test('a number left out, a number twice, and time that goes back', () => {
    const rig = new EngineRig();
    rig.start(configOf());
    expect(() => rig.engine.process({ ...clock, seq: 3, timeMicros: minute(1) })).toThrow(code('sequence'));
    expect(() => rig.engine.process({ ...clock, seq: 1, timeMicros: minute(1) })).toThrow(code('sequence'));
    expect(() => rig.engine.process({ ...clock, seq: 2, timeMicros: minute(-1) })).toThrow(code('time'));
    expect(rig.engine.lastSeq).toBe(1);
  });

  test('a configuration that cannot be, naming all that is wrong', () => {
    const rig = new EngineRig();
    const wrong = configOf({
      strategies: [
        strategyOf({ use: 'x', id: 'same', instruments: [BETA] }),
        strategyOf({ use: 'y', id: 'same' }),
      ],
      instruments: [rulesOf(ALPHA, { fees: 'nothing', tickSize: decimal('0') })],
      squareOff: '25:00',
    });
    expect(() => rig.start(wrong)).toThrow(code('config'));
    expect(() => rig.start(wrong)).toThrow(
      /squareOff "25:00".*two strategies have the id "same".*same names SIM\|BETA, which has no rules.*tick size of SIM\|ALPHA.*fees "nothing"/,
    );
  });
});
