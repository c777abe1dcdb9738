// What the history tests of the venues share: a REST server on a real socket that answers what a test says.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as realSleep } from 'node:timers/promises';
import { ManualClock } from '@tickwright/runtime';
import type { History, HistoryLimits, HistoryOptions } from './history.ts';
import { SILENT_LOG } from './venue-fixture.ts';

export class RestVenue implements AsyncDisposable {
  readonly paths: string[] = [];
  readonly frames: string[] = [];
  readonly clock = new ManualClock({ startMicros: 1_700_000_000_000_000 });
  answer: (url: URL, response: ServerResponse) => void = (_url, response) =>
    response.writeHead(404).end('{}');
  readonly #server = createServer((request, response) => {
    this.paths.push(request.url ?? '');
    this.answer(new URL(request.url ?? '', 'http://venue'), response);
  });

  async history<T extends History>(
    make: (options: HistoryOptions & { restUrl: string }) => T,
    limits: Partial<HistoryLimits> = {},
  ): Promise<T> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    return make({
      restUrl: `http://127.0.0.1:${port}`,
      clock: this.clock,
      log: SILENT_LOG,
      onAnswer: (bytes) => this.frames.push(bytes.toString()),
      limits: { rates: [{ capacity: 1000, perSecond: 1000 }], ...limits },
    });
  }

  /** Moves time until the promise is settled. */
  async during<T>(promise: Promise<T>): Promise<T> {
    const done = { isOver: false };
    const end = (): void => {
      done.isOver = true;
    };
    promise.then(end, end);
    while (!done.isOver) {
      await realSleep(1);
      if (!done.isOver) await this.clock.advance(10);
    }
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
