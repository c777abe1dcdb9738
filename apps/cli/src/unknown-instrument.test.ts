import { expect, test } from 'vitest';
import { UnknownInstrumentError, keyArgument } from './unknown-instrument.ts';

const known = ['BINANCE|BTCUSDT', 'BINANCE|ETHUSDT', 'KRAKEN|BTC/USD', 'SIM|ALPHA', 'SIM|BRAVO', 'SIM|ECHO'];
const messageFor = (key: string, names = known): string =>
  new UnknownInstrumentError({ key, known: names, dataDir: 'data' }).message;

test.each([
  ['BINANCE|BTCUSD', 'BINANCE|BTCUSDT'],
  ['binance|ethusdt', 'BINANCE|ETHUSDT'],
  // The right id behind another segment is meant more likely than the nearest spelling.
  ['BINANCE|BTC/USD', 'KRAKEN|BTC/USD'],
])('%s most likely means %s', (key, meant) => {
  expect(messageFor(key)).toBe(`data holds nothing of "${key}"; did you mean "${meant}"?`);
});

test('where nothing is near, some of what there is are named', () => {
  expect(messageFor('NSE_EQ|INE155A01022')).toMatch(/; it has BINANCE\|BTCUSDT, .*SIM\|BRAVO and 1 more$/);
  expect(messageFor('SIM|ALPHA', [])).toBe('data holds nothing of "SIM|ALPHA"; it holds no instrument yet');
});

test('a key without its segment is pointed out with the whole key', () => {
  expect(() => keyArgument('btcusdt', known)).toThrow(
    /not an instrument key.*did you mean "BINANCE\|BTCUSDT"\?$/,
  );
  expect(() => keyArgument('ALPHAA', known)).toThrow(/did you mean "SIM\|ALPHA"\?$/);
  expect(() => keyArgument('x', [])).toThrow(/not an instrument key/);
  expect(keyArgument('SIM|NEW', known)).toBe('SIM|NEW');
});
