import { expect, test } from 'vitest';
import { ParameterError, checkParameters, tryStrategy } from './check-parameters.ts';
import {
  DuplicateStrategyError,
  UnknownStrategyError,
  builtInStrategies,
  requireDefinition,
  strategyRegistry,
} from './registry.ts';
import { contextOf } from './strategy-fixture.ts';

test('every built-in strategy can be made with its defaults, at every interval', () => {
  for (const definition of builtInStrategies)
    for (const interval of ['1m', '5m', '15m', '1h', '1d'] as const) {
      const { warmUp, memory } = tryStrategy(definition, {}, contextOf(interval));
      expect(memory).toBeGreaterThanOrEqual(warmUp);
    }
});

test.each([
  ['pixityai_meta', 'pixityAI_meta'],
  ['rsi-reversal', 'rsi_reversal'],
  ['rsi', 'rsi_reversal'],
  ['moving_avrage_cros', 'moving_average_cross'],
  ['vwap', 'vwap_reversion'],
])('an unknown strategy "%s" is an error that names %s', (name, nearest) => {
  expect(() => strategyRegistry().require(name)).toThrow(UnknownStrategyError);
  expect(() => strategyRegistry().require(name)).toThrow(`did you mean "${nearest}"?`);
});

test('a name like no other gets the list alone', () => {
  expect(() => strategyRegistry().require('zzzzzzzz')).toThrow(
    /there is no strategy "zzzzzzzz"; known are: moving/,
  );
});

test.each([
  ['moving_average_cross', { fast: 30 }, 'fast: must be less than slow'],
  ['moving_average_cross', { slow: 2.5 }, 'slow: '],
  ['rsi_reversal', { lenght: 14 }, 'Unrecognized key: "lenght"'],
  ['opening_range_breakout', { minutes: 0 }, 'minutes: '],
  ['vwap_reversion', { deviations: 'two' }, 'deviations: '],
  ['pixityAI_meta', { members: [] }, 'members: '],
  ['pixityAI_meta', { quorum: 9 }, 'quorum: must not be more than there are members'],
])('wrong parameters of %s are an error that names parameter and rule: %o', (name, parameters, text) => {
  const definition = strategyRegistry().require(name);
  expect(() => checkParameters(definition, parameters)).toThrow(ParameterError);
  expect(() => checkParameters(definition, parameters)).toThrow(text);
});

test('a user’s strategy stands beside the built-in ones and cannot hide one', () => {
  const [first] = builtInStrategies;
  if (first === undefined) throw new Error('there are no built-in strategies');
  const own = { ...first, name: 'my_cross' };
  expect(strategyRegistry([own]).require('my_cross')).toBe(own);
  expect(() => strategyRegistry([first])).toThrow(DuplicateStrategyError);
});

test('what a user’s file exports is checked for all that a strategy needs', () => {
  expect(requireDefinition(builtInStrategies[0], 'my.ts')).toBe(builtInStrategies[0]);
  expect(() => requireDefinition({ name: 'half', interval: '1m' }, 'my.ts')).toThrow(
    'my.ts exports no strategy: it lacks description, parameters (a schema), warmUp(), create()',
  );
  expect(() => requireDefinition(undefined, 'my.ts')).toThrow('it lacks name');
});
