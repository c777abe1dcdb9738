import { describe, expect, test } from 'vitest';
import type { StrategyDefinition, Vote } from '@tickwright/trading';
import { ParameterError, tryStrategy } from './check-parameters.ts';
import { defineStrategy } from './define-strategy.ts';
import { pixityAiMeta } from './pixity-ai-meta.ts';
import { candle, contextOf, made, votes } from './strategy-fixture.ts';

/** Votes what is written for the n-th candle it sees: `L0.8`, `S1`, `F1`. */
function member(name: string, ...script: string[]): StrategyDefinition {
  const words = { L: 'long', S: 'short', F: 'flat' } as const;
  return defineStrategy({
    name,
    description: 'as the test says',
    interval: '1m',
    parameters: { safeParse: (value) => ({ success: true, data: value }) },
    warmUp: () => script.length,
    create: () => {
      let at = 0;
      return {
        onCandle: (): Vote | undefined => {
          const word = script[at++] ?? '';
          const direction = words[word[0] as keyof typeof words];
          return direction && { direction, confidence: Number(word.slice(1)), reason: name };
        },
      };
    },
  });
}

function metaOf(members: readonly StrategyDefinition[], given: Record<string, unknown> = {}) {
  const seats = members.map(({ name }, at) => ({ use: name, weight: at + 1 }));
  return made(pixityAiMeta, { members: seats, ...given }, contextOf('1m', members));
}

const five = [0, 1, 2, 3, 4].map((n) => candle(n, 100));

describe('pixityAI_meta', () => {
  test('weighs the votes that stand by weight and confidence', () => {
    // a weighs 1, b weighs 2. Candle 0: a alone, 0.9. Candle 1: (0.9 - 2 x 0.8) / 3 = -0.233. Candle 2: -(0.9 + 1.6) / 3.
    const meta = metaOf([member('a', 'L0.9', '', 'S0.9'), member('b', '', 'S0.8')]);
    expect(votes(meta, five)).toEqual(['long 0.900', '-', 'short 0.833', '-', '-']);
  });

  test('waits for a quorum', () => {
    const meta = metaOf([member('a', 'L0.9'), member('b', '', 'L0.6')], { quorum: 2 });
    // Candle 1: (0.9 + 1.2) / 3
    expect(votes(meta, five)).toEqual(['-', 'long 0.700', '-', '-', '-']);
  });

  test('wants to be out when opinions cancel each other, or stand no longer', () => {
    const cancelled = metaOf([member('a', 'L1'), member('b', '', 'S0.5')]);
    expect(votes(cancelled, five).slice(0, 2)).toEqual(['long 1.000', 'flat 1.000']); // (1 - 2 x 0.5) / 3
    const forgotten = metaOf([member('a', 'L1')], { standing: 2 });
    expect(votes(forgotten, five)).toEqual(['long 1.000', '-', 'flat 1.000', '-', '-']);
  });

  test('signals once while it does not change its mind', () => {
    expect(votes(metaOf([member('a', 'L0.9', 'L0.8', 'L0.7')]), five).filter((vote) => vote !== '-')).toEqual(
      ['long 0.900'],
    );
  });

  test('warms up as long as its slowest member', () => {
    const members = [member('a', '', ''), member('b', '', '', '', '')];
    const context = contextOf('1m', members);
    const given = { members: members.map(({ name }) => ({ use: name })), standing: 5 };
    expect(tryStrategy(pixityAiMeta, given, context)).toEqual({ warmUp: 4, memory: 9 });
    expect(tryStrategy(pixityAiMeta, {}, contextOf('15m')).warmUp).toBe(22);
  });

  test('refuses members that are not there, that are itself, or whose own parameters are wrong', () => {
    const tried =
      (use: string, params = {}) =>
      () =>
        tryStrategy(pixityAiMeta, { members: [{ use, params }] }, contextOf());
    expect(tried('nobody')).toThrow('there is no strategy "nobody"');
    expect(tried('pixityAI_meta')).toThrow('cannot be a member of itself');
    expect(tried('rsi_reversal', { length: 1 })).toThrow(ParameterError);
    expect(tried('rsi_reversal', { length: 1 })).toThrow(/rsi_reversal are wrong: length: /);
  });
});
