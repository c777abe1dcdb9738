import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import { BurstFrames } from './burst-frames.ts';

// A process of its own: `burst-server.ts INSTRUMENTS RATE`. Speaks Binance's stream protocol to one client: when every
// instrument is subscribed it sends trades, RATE a second one by one, or as fast as the client takes them (0).

/** Chunks given to the socket and not yet taken by the kernel: half a megabyte. */
const MAX_WAITING_CHUNKS = 8;

const [instruments, rate] = process.argv.slice(2).map(Number);
const frames = new BurstFrames(instruments);
let sent = 0;
const pausing = new AbortController();

/** As fast as the socket takes it. A turn of the event loop between two rounds keeps requests and pings served. */
function flood(socket: Duplex): void {
  let waiting = 0;
  let isDue = false;
  const round = (): void => {
    isDue = false;
    while (waiting < MAX_WAITING_CHUNKS && socket.writable && !pausing.signal.aborted) {
      const chunk = frames.next(Date.now());
      waiting += 1;
      sent += chunk.frames;
      socket.write(chunk.bytes, () => {
        waiting -= 1;
        if (isDue) return;
        isDue = true;
        setImmediate(round);
      });
    }
  };
  round();
}

/** At an even pace, each frame in a write of its own. Spins, because a timer's millisecond is ten frames. */
function pace(socket: Duplex): void {
  const startMs = performance.now();
  // The same clock in every process of the machine: whoever receives frame n knows when it was due.
  process.send?.({ type: 'started', atMicros: Number(process.hrtime.bigint() / 1000n) });
  let done = 0;
  let chunk = frames.next(Date.now());
  let at = 0;
  const turn = (): void => {
    if (!socket.writable || pausing.signal.aborted) return;
    for (const due = ((performance.now() - startMs) / 1000) * rate; done < due; done += 1) {
      if (at === chunk.frames) {
        chunk = frames.next(Date.now());
        at = 0;
      }
      socket.write(chunk.bytes.subarray(chunk.starts[at], chunk.starts[at + 1]));
      at += 1;
      sent += 1;
    }
    setImmediate(turn);
  };
  turn();
}

function serve(client: WebSocket, socket: Duplex): void {
  const wanted = new Set<string>();
  let hasBegun = false;
  socket.on('error', () => socket.destroy());
  client.on('error', () => socket.destroy());
  client.on('message', (data: RawData) => {
    const request = JSON.parse(String(data)) as { method: string; params: string[]; id: number };
    if (request.method !== 'SUBSCRIBE') return;
    for (const stream of request.params) wanted.add(stream);
    client.send(JSON.stringify({ result: null, id: request.id }));
    if (wanted.size < instruments || hasBegun) return;
    hasBegun = true;
    setImmediate(() => (rate > 0 ? pace(socket) : flood(socket)));
  });
}

// There is no history before the burst: every REST question has an empty answer.
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
});
const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on('upgrade', (request, socket, head) => {
  upgrades.handleUpgrade(request, socket, head, (client) => serve(client, socket));
});
server.listen({ host: '127.0.0.1', port: 0 }, () => {
  process.send?.({ type: 'listening', port: (server.address() as AddressInfo).port });
});
process.on('message', () => {
  pausing.abort();
  process.send?.({ type: 'paused', sent });
});
process.on('disconnect', () => process.exit(0));
