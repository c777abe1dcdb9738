import { expect, test } from 'vitest';
import { instrumentsOf, Scene } from '../venue-fixture.ts';

const LIFE = { connectionLifeMs: 20_000 };

test('before its life is over a connection is replaced, the new one first, and nothing is lost or uncovered', async () => {
  await using scene = await Scene.open({ ids: ['A', 'B'], limits: LIFE });
  await scene.live();
  let sent = 0;
  // As a venue does: every open connection that is subscribed gets every trade.
  const send = (): void => {
    sent++;
    scene.venue.openSockets.forEach((socket) => {
      if (scene.venue.subscribed(scene.venue.sockets.indexOf(socket)).includes('A')) {
        scene.venue.trade(socket, 'A', sent);
      }
    });
  };
  await scene.pass(1000);
  await scene.until(() => scene.stream.counts.handovers === 2, { each: send });
  await scene.until(() => scene.venue.openSockets.length === 1);
  await scene.pass(500);
  expect([...new Set(scene.sink.ids)].toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: sent }, (_, i) => i + 1),
  );
  expect(scene.sink.count('disconnected')).toBe(0);
  expect(scene.stream.counts.reconnects).toEqual({});
  expect(scene.sink.events().filter((text) => text.includes('acknowledged'))).toEqual([
    'ws-1 acknowledged [SIM|A SIM|B]',
    'ws-1b acknowledged [SIM|A SIM|B]',
    'ws-1 acknowledged [SIM|A SIM|B]',
  ]);
  // At no time were there more than two, and the old one left only after the overlap.
  expect(scene.venue.sockets).toHaveLength(3);
});

test.each([
  ['raw', { e: 'serverShutdown', E: 1723161255343 }],
  ['combined', { stream: '!serverShutdown', data: { e: 'serverShutdown', E: 1723161255343 } }],
  ['data first', { data: { e: 'serverShutdown', E: 1723161255343 }, stream: '!serverShutdown' }],
])('a shutdown notice (%s) makes the stream move at once', async (_name, notice) => {
  await using scene = await Scene.open({ ids: ['A'] });
  await scene.live();
  await scene.pass(31_000);
  scene.venue.sockets[0].send(JSON.stringify(notice));
  const noticedMs = scene.clock.monotonicMs();
  await scene.until(() => scene.stream.counts.handovers === 1);
  expect(scene.clock.monotonicMs() - noticedMs).toBeLessThan(4_000);
  expect(scene.stream.states()).toMatchObject([{ state: 'acknowledged', connection: 'ws-1b' }]);
  expect(scene.sink.count('disconnected')).toBe(0);
});

test('a venue that sends every new connection away is not met with a storm of them', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  scene.venue.answer = ({ id }, socket) => {
    socket.send(JSON.stringify({ result: null, id }));
    socket.send(JSON.stringify({ e: 'serverShutdown', E: 1 }));
  };
  void scene.start();
  await scene.until(() => scene.clock.monotonicMs() > 90_000, { stepMs: 250 });
  expect(scene.venue.sockets.length).toBeGreaterThan(5);
  expect(scene.venue.sockets.length).toBeLessThan(15);
  expect(scene.sink.count('disconnected')).toBe(0);
});

test('the old connection stays while the new one cannot be had', async () => {
  await using scene = await Scene.open({ ids: ['A'], limits: LIFE });
  await scene.live();
  scene.venue.refuseWith = 503;
  await scene.until(() => scene.stream.counts.handoverFailures > 2);
  expect(scene.venue.openSockets).toHaveLength(1);
  scene.venue.trade(scene.venue.sockets[0], 'A', 1);
  await scene.until(() => scene.sink.ids.length === 1);
  scene.venue.refuseWith = 0;
  await scene.until(() => scene.stream.counts.handovers === 1);
  expect(scene.sink.count('disconnected')).toBe(0);
});

test('a new connection that is not acknowledged does not take the place of one that works', async () => {
  const limits = { ...LIFE, handoverTimeoutMs: 5_000 };
  await using scene = await Scene.open({ ids: ['A'], limits });
  await scene.live();
  const { answer } = scene.venue;
  scene.venue.answer = () => {};
  await scene.until(() => scene.stream.counts.handoverFailures === 1);
  expect(scene.venue.openSockets).toEqual([scene.venue.sockets[0]]);
  expect(scene.stream.states()).toMatchObject([{ state: 'acknowledged', connection: 'ws-1' }]);
  scene.venue.answer = answer;
  await scene.until(() => scene.stream.counts.handovers === 1);
  expect(scene.sink.count('disconnected')).toBe(0);
});

test('an old connection that dies in the middle uncovers only what the new one does not carry yet', async () => {
  const limits = { ...LIFE, instrumentsPerRequest: 1, ackTimeoutMs: 3_000 };
  await using scene = await Scene.open({ ids: ['A', 'B'], limits });
  await scene.live();
  const { answer } = scene.venue;
  scene.venue.answer = (request, socket) => {
    if (request.params[0] === 'a@trade') answer(request, socket);
  };
  await scene.until(() => scene.sink.events().includes('ws-1b acknowledged [SIM|A]'), { stepMs: 50 });
  scene.venue.sockets[0].terminate();
  await scene.until(() => scene.sink.count('disconnected') === 1, { stepMs: 10 });
  expect(scene.sink.events().at(-1)).toBe('ws-1 disconnected close-1006 [SIM|B]');
  scene.venue.answer = answer;
  await scene.until(() => scene.stream.states().every(({ state }) => state === 'acknowledged'));
  await scene.pass(5_000);
  expect(scene.stream.states().map(({ connection }) => connection)).toEqual(['ws-1b', 'ws-1b']);
  expect(scene.sink.count('disconnected')).toBe(1);
});

test('a new connection that dies in the overlap leaves the old one in its place', async () => {
  await using scene = await Scene.open({ ids: ['A'], limits: { ...LIFE, overlapMs: 5_000 } });
  await scene.live();
  await scene.until(() => scene.sink.events().includes('ws-1b acknowledged [SIM|A]'), { stepMs: 100 });
  scene.venue.sockets[1].terminate();
  await scene.until(() => scene.stream.counts.handoverFailures === 1);
  expect(scene.sink.count('disconnected')).toBe(0);
  expect(scene.venue.openSockets).toContain(scene.venue.sockets[0]);
});

test('instruments added while both connections are open are on the one that stays', async () => {
  await using scene = await Scene.open({ ids: ['A'], limits: { ...LIFE, overlapMs: 5_000 } });
  await scene.live();
  await scene.until(() => scene.sink.events().includes('ws-1b acknowledged [SIM|A]'), { stepMs: 100 });
  scene.stream.subscribe(instrumentsOf('B'));
  await scene.until(() => scene.stream.counts.handovers === 1);
  await scene.until(() => scene.venue.openSockets.length === 1);
  expect(scene.venue.subscribed(1)).toEqual(['A', 'B']);
  expect(scene.sink.count('disconnected')).toBe(0);
});
