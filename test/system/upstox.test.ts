import { describe, expect, test } from 'vitest';
import { TooManyInstrumentsError } from '@tickwright/venues';
import type { Simulator } from '@tickwright/simulator';
import { instrumentsOf, MARKET, OPEN, UpstoxScene } from './upstox-scene.ts';

const MINUTE = 60_000_000;
/** Where the session before must be folded too. */
const QUIET = { ...MARKET, ratePerSecond: 10 };
const areLive = (scene: UpstoxScene): boolean =>
  Object.values(scene.states()).every((state) => state === 'live' || state === 'first-tick');

/** Nothing is lost and nothing counted twice: what candles and gaps have together is what the venue has. */
function expectWhole(scene: UpstoxScene): void {
  for (const { key, traded, missed, told } of scene.accounts()) {
    expect(traded + missed, key).toBe(told);
    expect(told, key).toBeGreaterThan(0);
  }
}

test.each([
  ['an authorized address', { isByRedirect: false, minutes: 1 }],
  ['the redirect', { isByRedirect: true, minutes: 0.2 }],
])(
  'a session seen from its start by %s is whole: its volume is the script, nothing is a gap',
  async (_, { isByRedirect, minutes }) => {
    await using scene = await UpstoxScene.open({
      isByRedirect,
      simulator: { ratePerSecond: QUIET.ratePerSecond },
    });
    await scene.until(() => scene.clock.nowMicros() >= OPEN + minutes * MINUTE + 1_000_000);
    expect(areLive(scene)).toBe(true);
    expect(scene.stream.access?.state).toBe('accepted');
    expectWhole(scene);
    for (const [at, { key, missed, told }] of scene.accounts().entries()) {
      expect(missed, key).toBe(0);
      const end = scene.deduplicator.lastEventMicros(at) + 1;
      expect(scene.scripted(key.slice(7), OPEN, end, QUIET)).toBe(told);
    }
    // The venue's own candles of the minutes that are over, told in band and by REST, are the script's.
    const inBand = scene.minutes
      .filter(({ key, candle }) => key === 'NSE_EQ|ALPHA' && candle.openTimeMicros >= OPEN)
      .map(({ candle }) => candle);
    const opens = minutes < 1 ? [] : [OPEN];
    expect(inBand.map(({ openTimeMicros }) => openTimeMicros)).toEqual(opens);
    expect(inBand.map(({ volume }) => volume)).toEqual(
      opens.map((open) => scene.scripted('ALPHA', open, open + MINUTE, QUIET)),
    );
    const [instrument] = instrumentsOf('NSE_EQ|ALPHA');
    const range = {
      instrument,
      interval: '1m',
      fromMicros: OPEN,
      toMicros: OPEN + Math.floor(minutes) * MINUTE,
    };
    expect(await scene.during(scene.history().candles(range))).toEqual(inBand);
    const { rejected, fallbacks } = scene.decoder.counts;
    expect(Object.values(rejected).every((count) => count === 0)).toBe(true);
    expect(fallbacks).toBe(0);
  },
);

type Faults = Parameters<Simulator['faults']['set']>[0];
const FAULTS: [string, Faults, (scene: UpstoxScene) => void][] = [
  [
    'drops',
    { dropConnection: { everyMs: 5_000 } },
    (scene) => expect(scene.stream.counts.connects).toBeGreaterThan(2),
  ],
  [
    'mutes',
    { mute: { everyMs: 12_000, forMs: 8_000 } },
    (scene) => expect(scene.simulator.stats.muted).toBeGreaterThan(0),
  ],
  ['delays', { delay: { ms: 1_500 } }, (scene) => expect(scene.stream.counts.connects).toBe(1)],
  [
    'doubles',
    { duplicate: { probability: 0.3 } },
    (scene) => expect(scene.deduplicator.counts.duplicates).toBeGreaterThan(20),
  ],
  [
    'swaps',
    { reorder: { probability: 0.2 } },
    (scene) => expect(scene.deduplicator.counts.decreasingVolume).toBeGreaterThan(5),
  ],
  [
    'rubbish',
    { rubbish: { probability: 0.3 } },
    (scene) => expect(scene.decoder.counts.rejected.malformed).toBeGreaterThan(5),
  ],
  [
    'left-out updates',
    { skipIds: { probability: 0.2 } },
    (scene) => expect(scene.stream.counts.connects).toBe(1),
  ],
];

test.each(FAULTS)(
  '%s neither lose nor double a share: candles and gaps together are the venue',
  async (_, faults, also) => {
    await using scene = await UpstoxScene.open({ startMicros: OPEN + 30_000_000 });
    await scene.until(() => areLive(scene));
    scene.simulator.faults.set(faults);
    await scene.pass(25_000);
    scene.simulator.faults.clear();
    await scene.until(() => areLive(scene));
    await scene.pass(2_000);
    expectWhole(scene);
    also(scene);
  },
);

describe('a token', () => {
  test('that is refused is shown as refused, tried slowly, and renewed at once', async () => {
    await using scene = await UpstoxScene.open({
      startMicros: OPEN,
      stream: { limits: { refusedTokenMs: 10_000 } },
    });
    scene.rightToken = 'token-two';
    await scene.until(() => scene.stream.access?.state === 'refused');
    expect(scene.tokens.refusals).toContain('token-one');
    const [connection] = scene.stream.connections;
    expect(connection.reason).toMatch(/token refused.*401.*tickwright token upstox/);
    expect(
      scene.stream
        .states()
        .every(({ state, reason }) => state === 'requested' && /token refused/.test(reason ?? '')),
    ).toBe(true);
    const tries = scene.simulator.stats.requests;
    await scene.pass(8_000, 500);
    expect(scene.simulator.stats.requests).toBe(tries);
    await scene.pass(22_000, 500);
    expect(scene.simulator.stats.requests).toBeLessThanOrEqual(tries + 3);
    const before = scene.clock.monotonicMs();
    scene.tokens.renew('token-two');
    await scene.until(() => areLive(scene));
    expect(scene.clock.monotonicMs() - before).toBeLessThan(8_000);
    expect(scene.stream.access).toMatchObject({ state: 'accepted', reason: '' });
    // Said nowhere.
    expect(JSON.stringify([scene.events, scene.stream.states(), scene.stream.connections])).not.toMatch(
      /token-(one|two)/,
    );
  });

  test('that is missing is said to be missing', async () => {
    await using scene = await UpstoxScene.open();
    scene.tokens.value = undefined;
    await scene.until(() => scene.stream.access?.state === 'missing');
    expect(scene.stream.connections[0].reason).toMatch(/TICKWRIGHT_UPSTOX_TOKEN/);
  });

  test('renewed while connections are open gets new ones, and nothing is missed', async () => {
    await using scene = await UpstoxScene.open({ startMicros: OPEN });
    await scene.until(() => areLive(scene));
    const missed = scene.accounts();
    scene.rightToken = 'token-two';
    scene.tokens.renew('token-two');
    await scene.until(() => scene.stream.counts.handovers === 1);
    await scene.pass(5_000);
    expectWhole(scene);
    expect(scene.accounts().map((one) => one.missed)).toEqual(missed.map((one) => one.missed));
    expect(scene.stream.access?.expiresMicros).toBe(Date.UTC(2026, 6, 1, 22) * 1000);
  });

  test('that is over is told to be so before the venue says it', async () => {
    await using scene = await UpstoxScene.open({ startMicros: OPEN });
    await scene.until(() => areLive(scene));
    scene.clock.set(Date.UTC(2026, 6, 1, 22) * 1000);
    expect(scene.stream.access).toMatchObject({ state: 'expired' });
    expect(scene.stream.access?.reason).toMatch(/tickwright token upstox/);
  });
});

const many = (count: number): string[] => Array.from({ length: count }, (_, at) => `NSE_EQ|S${at}`);
const manySymbols = (count: number): string[] => many(count).map((key) => key.slice(7));

test('instruments are spread over as many connections as they need, and more than fit are an error', async () => {
  const limits = { instrumentsPerConnection: 20, connections: 2 };
  await using scene = await UpstoxScene.open({
    keys: many(35),
    startMicros: OPEN,
    simulator: { instruments: manySymbols(50), ratePerSecond: 500 },
    stream: { limits },
  });
  await scene.until(() => scene.stream.states().every(({ state }) => state !== 'requested'));
  expect(scene.stream.connections.map(({ instruments }) => instruments)).toEqual([20, 15]);
  expect(scene.simulator.stats.connections).toBe(2);
  expect(() => scene.stream.subscribe(instrumentsOf(...many(45)))).toThrow(TooManyInstrumentsError);
  scene.stream.subscribe(instrumentsOf(...many(40)));
  expect(scene.stream.states()).toHaveLength(40);
  // Both connections are in use: a renewal closes each before it opens its successor, never a third.
  scene.tokens.renew('token-one');
  await scene.until(() => scene.stream.counts.connects === 4);
  await scene.pass(5_000);
  expect(scene.simulator.stats.rejected).toBe(0);
  expect(scene.stream.states().every(({ state }) => state !== 'requested')).toBe(true);
});

test('an unknown instrument stays requested and says why; the others are not to suffer for it', async () => {
  await using scene = await UpstoxScene.open({
    keys: ['NSE_EQ|ALPHA', 'NSE_EQ|NOBODY', 'NSE_INDEX|BRAVO'],
    startMicros: OPEN,
    stream: { limits: { ackTimeoutMs: 2_000 } },
  });
  await scene.pass(8_000);
  expect(scene.states()).toMatchObject({ 'NSE_EQ|NOBODY': 'requested' });
  const nobody = scene.stream.states().find(({ instrument }) => instrument === 'NSE_EQ|NOBODY');
  expect(nobody?.reason).toMatch(/is it an instrument of the venue/);
  expect(scene.stream.counts.connects).toBe(1);
  // An index ticks and has no volume.
  const [alpha, , index] = scene.accounts();
  expect(alpha.traded).toBeGreaterThan(0);
  expect(index.traded + index.missed).toBe(0);
  expect(scene.deduplicator.lastEventMicros(2)).toBeGreaterThan(OPEN);
});

test.each(['ltpc', 'option_greeks', 'full_d30'] as const)('mode %s ticks', async (mode) => {
  await using scene = await UpstoxScene.open({ startMicros: OPEN, stream: { mode } });
  await scene.pass(5_000);
  for (const { key, traded, told } of scene.accounts()) {
    if (mode === 'ltpc') expect(traded, key).toBe(0);
    else expect(traded, key).toBeGreaterThan(0.3 * told);
  }
  expect(MARKET.instruments.every((_, at) => scene.deduplicator.lastEventMicros(at) > OPEN)).toBe(true);
  expect(scene.decoder.counts.fallbacks).toBe(0);
});
