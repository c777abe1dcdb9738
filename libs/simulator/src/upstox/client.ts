import type { WebSocket } from 'ws';
import { DeliveryFaults } from '../faults/delivery-faults.ts';
import type { FaultControl } from '../faults/fault-control.ts';
import { createRandom } from '../faults/random.ts';
import type { SimulatorStats } from '../stats.ts';
import type { FeedRequest } from './feed-request.ts';
import type { Mode } from './feed-messages.ts';
import { makeFeedRubbish } from './rubbish.ts';

export interface ClientOptions {
  readonly webSocket: WebSocket;
  readonly seed: number;
  readonly openedMs: number;
  readonly faults: FaultControl;
  readonly stats: SimulatorStats;
  readonly maxBufferedBytes: number;
}

const PING_EVERY_MS = 20_000;
const CLOSE_GOING_AWAY = 1001;

/** One connection: what it has asked for, and how its messages fare under the faults. */
export class Client {
  /** Its instruments and the mode of each. */
  readonly keys = new Map<string, Mode>();
  readonly #options: ClientOptions;
  readonly #delivery: DeliveryFaults;
  readonly #dropPart: number;
  #untold: string[] = [];
  #isMute = false;
  #lastPingMs: number;

  constructor(options: ClientOptions) {
    this.#options = options;
    const random = createRandom(options.seed);
    this.#dropPart = 0.5 + random();
    const { faults: control, stats } = options;
    this.#delivery = new DeliveryFaults({ control, random, stats, rubbish: makeFeedRubbish });
    this.#lastPingMs = options.openedMs;
  }

  get isOpen(): boolean {
    return this.#options.webSocket.readyState === this.#options.webSocket.OPEN;
  }

  /** What it asked for, of the keys that exist; who subscribes again is told the snapshot again. */
  take(request: FeedRequest, exists: (key: string) => boolean): void {
    const keys = request.keys.filter(exists);
    if (request.method === 'unsub') {
      for (const key of keys) this.keys.delete(key);
      return;
    }
    for (const key of keys) this.keys.set(key, request.mode);
    this.#untold.push(...keys);
  }

  /** The keys whose snapshot is due. */
  takeUntold(): string[] {
    const due = this.#untold.filter((key) => this.keys.has(key));
    this.#untold = [];
    return [...new Set(due)];
  }

  /** Ages the connection, once a turn. */
  age(nowMs: number): void {
    if (!this.isOpen) return;
    const { dropConnection, mute, closeAfterMs } = this.#options.faults.current;
    const { openedMs, stats, webSocket } = this.#options;
    const ageMs = nowMs - openedMs;
    this.#isMute = mute !== null && ageMs % mute.everyMs >= mute.everyMs - mute.forMs;
    if (dropConnection !== null && ageMs >= dropConnection.everyMs * this.#dropPart) {
      stats.dropped += 1;
      webSocket.terminate();
    } else if (closeAfterMs !== null && ageMs >= closeAfterMs)
      this.close('the connection has reached its age');
    else if (nowMs - this.#lastPingMs >= PING_EVERY_MS) {
      this.#lastPingMs = nowMs;
      webSocket.ping();
    }
  }

  deliver(frame: Uint8Array): void {
    const { stats } = this.#options;
    if (this.#isMute) {
      stats.muted += 1;
      return;
    }
    stats.sent += 1;
    if (this.#delivery.isOff) this.#send(frame);
    else
      this.#delivery.pass('feed', Buffer.from(frame).toString('latin1'), (message) => {
        this.#send(typeof message === 'string' ? Buffer.from(message, 'latin1') : message);
      });
  }

  /** An error is text, whatever the feed is. */
  refuse(message: string): void {
    if (this.isOpen) this.#options.webSocket.send(JSON.stringify({ status: 'failed', error: message }));
  }

  close(reason: string): void {
    if (!this.isOpen) return;
    this.#options.stats.closed += 1;
    this.#options.webSocket.close(CLOSE_GOING_AWAY, reason);
  }

  terminate(): void {
    this.#options.webSocket.terminate();
  }

  #send(frame: Uint8Array): void {
    const { webSocket, maxBufferedBytes, stats } = this.#options;
    if (!this.isOpen) return;
    webSocket.send(frame);
    if (webSocket.bufferedAmount <= maxBufferedBytes) return;
    stats.cutOff += 1;
    webSocket.terminate();
  }
}
