import { expect, test } from 'vitest';
import { Scene } from '../venue-fixture.ts';

/** Sends a trade of each symbol at every step, on the newest open connection. */
function trader(scene: Scene, ...symbols: string[]): () => void {
  let id = 0;
  return () => {
    const socket = scene.venue.openSockets.at(-1);
    for (const symbol of symbols) if (socket !== undefined) scene.venue.trade(socket, symbol, ++id);
  };
}

const stateOf = (scene: Scene, id: string): string | undefined =>
  scene.stream.states().find(({ instrument }) => instrument === `SIM|${id}`)?.state;

test('an instrument goes from acknowledged over its first tick to live', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  await scene.live();
  expect(stateOf(scene, 'A')).toBe('acknowledged');
  trader(scene, 'A')();
  await scene.until(() => stateOf(scene, 'A') === 'first-tick');
  const since = scene.stream.states()[0].sinceMicros;
  await scene.pass(2_000);
  expect(scene.stream.states()[0].sinceMicros).toBe(since);
  trader(scene, 'A')();
  await scene.until(() => stateOf(scene, 'A') === 'live');
});

test('a connection that answers pings but carries no data any more is replaced', async () => {
  await using scene = await Scene.open({ ids: ['A', 'B'] });
  await scene.live();
  await scene.pass(15_000, trader(scene, 'A', 'B'));
  const silentSinceMs = scene.clock.monotonicMs();
  await scene.until(() => scene.sink.count('acknowledged') === 2, { stepMs: 500 });
  expect(scene.stream.counts.reconnects).toEqual({ mute: 1 });
  expect(scene.clock.monotonicMs() - silentSinceMs).toBeLessThan(35_000);
  expect(scene.sink.events()).toContain('ws-1 disconnected mute [SIM|A SIM|B]');
});

test('a venue that is closed by its calendar is left alone all night, and judged again when it opens', async () => {
  let isOpen = true;
  let openMicros = 0;
  const calendars = () => ({ sessionAt: () => (isOpen ? { openMicros } : undefined) });
  await using scene = await Scene.open({ ids: ['A', 'B'], stream: { calendars } });
  await scene.live();
  await scene.pass(15_000, trader(scene, 'A', 'B'));
  isOpen = false;
  await scene.until(() => scene.clock.monotonicMs() > 600_000, { stepMs: 2_000 });
  expect(scene.stream.counts.reconnects).toEqual({});
  expect(scene.sink.count('stale')).toBe(0);
  expect([stateOf(scene, 'A'), stateOf(scene, 'B')]).toEqual(['quiet', 'quiet']);
  isOpen = true;
  openMicros = scene.clock.nowMicros();
  // The silence of the night does not count.
  await scene.pass(20_000);
  expect(scene.stream.counts.reconnects).toEqual({});
  await scene.until(() => scene.stream.counts.reconnects['mute'] === 1);
});

test('an instrument that falls silent among others is told stale, asked for again, and told when it is back', async () => {
  await using scene = await Scene.open({ ids: ['A', 'B'] });
  await scene.live();
  await scene.pass(15_000, trader(scene, 'A', 'B'));
  const onlyA = trader(scene, 'A');
  await scene.until(() => stateOf(scene, 'B') === 'quiet', { stepMs: 500, each: onlyA });
  await scene.until(() => stateOf(scene, 'B') === 'stale', { stepMs: 500, each: onlyA });
  await scene.until(() => scene.venue.requests.length === 2, { stepMs: 500, each: onlyA });
  expect(scene.venue.requests[1]).toMatchObject({ method: 'SUBSCRIBE', params: ['b@trade'], connection: 0 });
  expect(scene.stream.states()).toMatchObject([{ state: 'live' }, { state: 'stale' }]);
  await scene.until(() => stateOf(scene, 'B') === 'live', { stepMs: 500, each: trader(scene, 'A', 'B') });
  const told = scene.sink.events().filter((text) => /stale|resumed|disconnected/.test(text));
  expect(told).toEqual(['ws-1 stale [SIM|B]', 'ws-1 resumed [SIM|B]']);
  expect(scene.stream.counts.reconnects).toEqual({});
});

test('a stale instrument for which asking again does not help gets another connection, once in a while', async () => {
  await using scene = await Scene.open({ ids: ['A', 'B'] });
  await scene.live();
  await scene.pass(15_000, trader(scene, 'A', 'B'));
  const endMs = scene.clock.monotonicMs() + 400_000;
  await scene.until(() => scene.clock.monotonicMs() > endMs, { stepMs: 1_000, each: trader(scene, 'A') });
  expect(scene.stream.counts.handovers).toBe(1);
  expect(scene.sink.events().filter((text) => text.includes('stale'))).toEqual(['ws-1 stale [SIM|B]']);
  expect(scene.sink.count('disconnected')).toBe(0);
});

test('where one session follows the other, a new one does not make a stale instrument look alive', async () => {
  let openMicros = 0;
  const calendars = () => ({ sessionAt: () => ({ openMicros }) });
  await using scene = await Scene.open({ ids: ['A', 'B'], stream: { calendars } });
  await scene.live();
  await scene.pass(15_000, trader(scene, 'A', 'B'));
  const onlyA = trader(scene, 'A');
  await scene.until(() => stateOf(scene, 'B') === 'stale', { stepMs: 500, each: onlyA });
  openMicros = scene.clock.nowMicros();
  await scene.pass(5_000, onlyA);
  expect(stateOf(scene, 'B')).toBe('stale');
  expect(scene.sink.count('resumed')).toBe(0);
});

test.each([
  ['forward', 3_600_000_000],
  ['back', -3_600_000_000],
])(
  'a wall clock stepped %s by an hour moves nobody, and silence is judged after it as before',
  async (_way, step) => {
    await using scene = await Scene.open({ ids: ['A', 'B'] });
    await scene.live();
    await scene.pass(15_000, trader(scene, 'A', 'B'));
    scene.clock.set(scene.clock.nowMicros() + step);
    await scene.pass(15_000, trader(scene, 'A', 'B'));
    expect(scene.stream.counts).toMatchObject({ reconnects: {}, handovers: 0 });
    expect(scene.sink.count('stale')).toBe(0);
    expect([stateOf(scene, 'A'), stateOf(scene, 'B')]).toEqual(['live', 'live']);
    const silentSinceMs = scene.clock.monotonicMs();
    await scene.until(() => scene.stream.counts.reconnects['mute'] === 1, { stepMs: 500 });
    expect(scene.clock.monotonicMs() - silentSinceMs).toBeLessThan(40_000);
  },
);

test('a wall clock stepped forward before the first look makes no instrument stale that has not ticked yet', async () => {
  await using scene = await Scene.open({ ids: ['A', 'B'] });
  await scene.live();
  scene.clock.set(scene.clock.nowMicros() + 3_600_000_000);
  await scene.pass(15_000, trader(scene, 'A'));
  expect(scene.sink.count('stale')).toBe(0);
  expect([stateOf(scene, 'A'), stateOf(scene, 'B')]).toEqual(['live', 'acknowledged']);
});
