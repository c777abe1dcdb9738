import { expect, test } from 'vitest';
import { instrumentsOf, Scene, SILENT_LOG } from '../venue-fixture.ts';

test('everything is told in order: connected, requested, the reply, acknowledged, data, and the end', async () => {
  await using scene = await Scene.open({ ids: ['A', 'B'] });
  await scene.live();
  scene.venue.trade(scene.venue.sockets[0], 'A', 1);
  await scene.until(() => scene.sink.ids.length === 1);
  await scene.stop();
  const told = scene.sink.all.map(
    ({ event, text }) => event?.type ?? (text?.includes('result') ? 'reply' : 'data'),
  );
  expect(told).toEqual(['connected', 'requested', 'reply', 'acknowledged', 'data', 'disconnected']);
  expect(scene.sink.events().at(-1)).toBe('ws-1 disconnected stopped [SIM|A SIM|B]');
  expect(scene.stream.counts).toMatchObject({ connects: 1, messages: 2, replies: 1, reconnects: {} });
});

test('a lost connection is told at once, and reopened, resubscribed and confirmed by itself', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  await scene.live();
  scene.venue.sockets[0].terminate();
  await scene.until(() => scene.sink.count('disconnected') === 1);
  expect(scene.stream.states()).toMatchObject([{ state: 'requested', connection: '', reason: 'close-1006' }]);
  await scene.until(() => scene.sink.count('acknowledged') === 2);
  expect(scene.venue.subscribed(1)).toEqual(['A']);
  expect(scene.sink.events()).toEqual([
    'ws-1 connected',
    'ws-1 requested [SIM|A]',
    'ws-1 acknowledged [SIM|A]',
    'ws-1 disconnected close-1006 [SIM|A]',
    'ws-1 connected',
    'ws-1 requested [SIM|A]',
    'ws-1 acknowledged [SIM|A]',
  ]);
  expect(scene.stream.counts.reconnects).toEqual({ 'close-1006': 1 });
});

test('it never gives up: tries go on and on, no faster than the backoff, and then succeed', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  scene.venue.refuseWith = 503;
  void scene.start();
  const ats: number[] = [];
  const note = (): void => {
    while (ats.length < scene.venue.connectionTries) ats.push(scene.clock.monotonicMs());
  };
  await scene.until(() => scene.clock.monotonicMs() > 600_000, { stepMs: 2_000, each: note });
  // Half of at most 30 s each: about 40 tries in 10 minutes, and never a burst of them.
  expect(ats.length).toBeGreaterThan(25);
  expect(ats.length).toBeLessThan(60);
  expect(scene.stream.connections).toMatchObject([{ failures: scene.stream.counts.connectFailures }]);
  expect(scene.sink.events()).toEqual([]);
  scene.venue.refuseWith = 0;
  await scene.until(() => scene.sink.count('acknowledged') === 1);
});

test('a venue that takes connections and drops them is met with growing patience', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  scene.venue.answer = (_request, socket) => socket.close(1008, 'Too many requests');
  void scene.start();
  await scene.until(() => scene.clock.monotonicMs() > 120_000, { stepMs: 500 });
  expect(scene.venue.sockets.length).toBeGreaterThan(5);
  expect(scene.venue.sockets.length).toBeLessThan(20);
  expect(scene.stream.counts.reconnects['close-1008']).toBe(scene.venue.sockets.length);
});

test('a venue that answers 429 is left alone for a minute', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  scene.venue.refuseWith = 429;
  void scene.start();
  await scene.until(() => scene.clock.monotonicMs() > 59_000, { stepMs: 500 });
  expect(scene.venue.connectionTries).toBe(1);
  await scene.until(() => scene.venue.connectionTries === 2);
});

test('many instruments are asked for in batches, never more than 5 messages in any second', async () => {
  const ids = Array.from({ length: 1500 }, (_, i) => `S${i}`);
  const limits = { instrumentsPerConnection: 1000, instrumentsPerRequest: 50, requestSpacingMs: 340 };
  await using scene = await Scene.open({ ids, limits });
  await scene.live();
  expect(scene.venue.sockets).toHaveLength(2);
  const both = [scene.venue.subscribed(0), scene.venue.subscribed(1)];
  expect(both.map((symbols) => symbols.length).toSorted((a, b) => a - b)).toEqual([500, 1000]);
  expect(new Set(both.flat()).size).toBe(1500);
  for (const connection of [0, 1]) {
    const times = scene.venue.requests.filter((one) => one.connection === connection).map(({ atMs }) => atMs);
    for (const from of times) {
      expect(times.filter((at) => at >= from && at < from + 1000).length).toBeLessThanOrEqual(4);
    }
  }
  expect(new Set(scene.stream.states().map(({ connection }) => connection))).toEqual(
    new Set(['ws-1', 'ws-2']),
  );
});

test('an unknown symbol in a batch is found and refused, and the others become live', async () => {
  const ids = Array.from({ length: 20 }, (_, i) => `S${i}`);
  await using scene = await Scene.open({ ids });
  scene.venue.answer = ({ id, params }, socket) => {
    const isBad = params.includes('s13@trade');
    socket.send(
      JSON.stringify(isBad ? { code: 2, msg: 'Invalid request: unknown', id } : { result: null, id }),
    );
  };
  await scene.live();
  const refused = scene.stream.states().filter(({ state }) => state === 'refused');
  expect(refused).toMatchObject([{ instrument: 'SIM|S13', reason: 'Invalid request: unknown (code 2)' }]);
  expect(scene.stream.states().filter(({ state }) => state === 'acknowledged')).toHaveLength(19);
  const told = scene.sink.all.flatMap(({ event }) => (event?.type === 'refused' ? event.instruments : []));
  expect(told).toEqual(['SIM|S13']);
  // The refused one is not asked for again after a reconnect.
  scene.venue.sockets[0].terminate();
  await scene.until(() => scene.venue.subscribed(1).length > 0);
  await scene.pass(1000);
  expect(scene.venue.subscribed(1)).toHaveLength(19);
});

test('a refused instrument can be asked for again', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  const { answer } = scene.venue;
  scene.venue.answer = ({ id }, socket) => socket.send(JSON.stringify({ error: { code: 2, msg: 'no' }, id }));
  await scene.live();
  expect(scene.stream.states()).toMatchObject([{ state: 'refused' }]);
  scene.venue.answer = answer;
  scene.stream.subscribe(instrumentsOf('A'));
  await scene.until(() => scene.stream.states()[0].state === 'acknowledged');
});

test('a request without an answer is sent once more, and then the connection is given up', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  const { answer } = scene.venue;
  scene.venue.answer = () => {};
  void scene.start();
  await scene.until(() => scene.venue.requests.length === 2);
  expect(scene.venue.requests.map(({ connection }) => connection)).toEqual([0, 0]);
  scene.venue.answer = answer;
  await scene.until(() => scene.sink.count('acknowledged') === 1);
  expect(scene.stream.counts).toMatchObject({ ackTimeouts: 2, reconnects: { 'ack-timeout': 1 } });
});

test('a late answer to the first try counts', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  scene.venue.answer = () => {};
  void scene.start();
  await scene.until(() => scene.venue.requests.length === 2);
  scene.venue.sockets[0].send(JSON.stringify({ result: null, id: scene.venue.requests[0].id }));
  await scene.until(() => scene.sink.count('acknowledged') === 1);
  await scene.pass(15_000);
  expect(scene.stream.counts.reconnects).toEqual({});
});

test('a frame larger than the limit costs that connection only', async () => {
  await using scene = await Scene.open({ ids: ['A'], limits: { maxFrameBytes: 1000 } });
  await scene.live();
  scene.venue.trade(scene.venue.sockets[0], 'A', 1);
  scene.venue.sockets[0].send('x'.repeat(1001));
  await scene.until(() => scene.sink.count('acknowledged') === 2);
  scene.venue.trade(scene.venue.sockets[1], 'A', 2);
  await scene.until(() => scene.sink.ids.length === 2);
  expect(scene.stream.counts.reconnects).toEqual({ 'frame-too-large': 1 });
  expect(scene.sink.events()).toContain('ws-1 disconnected frame-too-large [SIM|A]');
});

test('a socket on which nothing arrives, not even a pong, is cut', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  await scene.live();
  // A venue that hangs: it reads nothing and so answers no ping.
  scene.venue.sockets[0].pause();
  await scene.until(() => scene.sink.count('disconnected') === 1);
  expect(scene.stream.counts.reconnects).toEqual({ silent: 1 });
  expect(scene.clock.monotonicMs()).toBeLessThan(35_000);
});

test('a socket that answers pings but has no data is kept while nothing is known of its instruments', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  await scene.live();
  await scene.pass(200_000);
  expect(scene.stream.counts.reconnects).toEqual({});
});

test('instruments are added to and taken from a running stream', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  await scene.live();
  scene.stream.subscribe(instrumentsOf('A', 'B', 'C'));
  await scene.until(() => scene.venue.subscribed(0).length === 3);
  scene.stream.unsubscribe(['SIM|B', 'SIM|NEVER']);
  await scene.until(() => scene.venue.subscribed(0).length === 2);
  expect(scene.venue.subscribed(0)).toEqual(['A', 'C']);
  expect(scene.sink.events()).toContain('ws-1 removed [SIM|B]');
  expect(scene.stream.states().find(({ instrument }) => instrument === 'SIM|B')?.state).toBe('unsubscribed');
});

test('a stream that begins with nothing connects with its first instrument', async () => {
  await using scene = await Scene.open({ ids: [] });
  void scene.start();
  await scene.pass(1000);
  expect(scene.venue.connectionTries).toBe(0);
  scene.stream.subscribe(instrumentsOf('A'));
  await scene.until(() => scene.stream.states()[0].state === 'acknowledged');
});

test('a paused stream reads nothing, loses nothing and judges nobody', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  await scene.live();
  scene.stream.pause();
  await scene.pass(500);
  for (let id = 0; id < 100; id++) scene.venue.trade(scene.venue.sockets[0], 'A', id);
  await scene.pass(120_000);
  // What was read from the socket before the pause may still have come; nothing later.
  expect(scene.sink.ids).toEqual([]);
  expect(scene.stream.counts.reconnects).toEqual({});
  scene.stream.resume();
  await scene.until(() => scene.sink.ids.length === 100);
  expect(scene.sink.ids).toEqual(Array.from({ length: 100 }, (_, id) => id));
  expect(scene.sink.count('stale')).toBe(0);
});

test('a suspended stream closes its connections, makes none, tells who is paused, and connects again when restarted', async () => {
  await using scene = await Scene.open({ ids: ['A', 'B'] });
  await scene.live();
  scene.stream.suspend('no room');
  scene.stream.suspend('no room');
  await scene.until(() => scene.sink.count('disconnected') === 1);
  const events = scene.sink.events();
  expect(events.slice(-2)).toEqual([
    'ws-1 paused no room [SIM|A SIM|B]',
    'ws-1 disconnected suspended [SIM|A SIM|B]',
  ]);
  // Who lets go of a pause does not end the other.
  scene.stream.pause();
  scene.stream.resume();
  await scene.pass(120_000);
  expect(scene.stream.counts.connects).toBe(1);
  expect(scene.sink.count('stale')).toBe(0);
  scene.stream.restart();
  await scene.until(() => scene.stream.states().every(({ state }) => state === 'acknowledged'));
  expect(scene.stream.counts.connects).toBe(2);
});

test('a connection that is being made when the stream is suspended carries nothing', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  void scene.start();
  scene.stream.suspend('no room');
  await scene.pass(30_000);
  expect(scene.sink.count('requested')).toBe(0);
  expect(scene.sink.count('paused')).toBe(0);
  scene.stream.restart();
  await scene.until(() => scene.stream.states()[0].state === 'acknowledged');
});

test('a sink that throws ends the stream with its error', async () => {
  const broken = {
    message: () => {
      throw new Error('disk full');
    },
    control: () => {},
  };
  await using scene = await Scene.open({ ids: ['A'], stream: { sink: broken, log: SILENT_LOG } });
  const running = scene.start();
  const failed = expect(running).rejects.toThrow('disk full');
  await scene.until(() => scene.venue.sockets.length === 1);
  await scene.pass(5_000);
  await failed;
});

test('stopping while connecting or waiting ends at once', async () => {
  await using scene = await Scene.open({ ids: ['A'] });
  scene.venue.refuseWith = 503;
  void scene.start();
  await scene.until(() => scene.stream.counts.connectFailures > 3);
  const beforeMs = scene.clock.monotonicMs();
  await scene.stop();
  expect(scene.clock.monotonicMs() - beforeMs).toBeLessThan(1000);
});
