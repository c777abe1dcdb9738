import { expect, test } from 'vitest';
import { checkParameters } from './check-parameters.ts';
import { builtInStrategies } from './registry.ts';
import { candle, contextOf, made, votes } from './strategy-fixture.ts';

const SESSION = 375;
const HISTORY = 300;

/** A session of a random walk, the same for a seed. */
function walk(seed: number) {
  let state = seed;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  let price = 100;
  return Array.from({ length: SESSION }, (_, n) => {
    const open = price;
    price = Math.max(1, price + Math.round((random() - 0.5) * 200) / 100);
    const volume = 1 + Math.floor(random() * 1_000);
    return candle(n, [open, Math.max(open, price), Math.min(open, price), price], { volume });
  });
}

test.each(builtInStrategies.map((definition) => [definition.name, definition] as const))(
  '%s warmed up with no more than it remembers votes as one that was fed everything',
  (_, definition) => {
    const context = contextOf();
    const memory = definition.memory?.(checkParameters(definition, {}), context) ?? 0;
    let heard = 0;
    for (let seed = 1; seed <= 20; seed += 1) {
      const candles = walk(seed);
      const [history, live] = [candles.slice(0, HISTORY), candles.slice(HISTORY)];
      const whole = made(definition, {});
      const warmed = made(definition, {});
      votes(whole, history);
      votes(warmed, history.slice(-memory));
      const expected = votes(whole, live);
      expect(votes(warmed, live)).toEqual(expected);
      heard += expected.filter((vote) => vote !== '-').length;
    }
    expect(heard).toBeGreaterThan(0);
  },
);
