import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { DeliveryFaults } from '../faults/delivery-faults.ts';
import type { FaultControl } from '../faults/fault-control.ts';
import { createRandom } from '../faults/random.ts';
import type { Rubbish } from '../faults/rubbish.ts';
import type { SimulatorStats } from '../stats.ts';
import { Heartbeat } from './heartbeat.ts';
import { binaryFrame, textFrame } from './websocket-frame.ts';

/** What a connection needs to know. */
export interface ConnectionOptions {
  readonly webSocket: WebSocket;
  /** The socket under it: trades are written there directly, whole frames at a time, between the library's own. */
  readonly socket: Duplex;
  readonly seed: number;
  readonly openedMs: number;
  /** What a client is told that has to go because the venue shuts down; undefined for nothing. */
  readonly shutdownNotice: (options: { wallMs: number; isCombined: boolean }) => string | undefined;
  readonly faults: FaultControl;
  readonly stats: SimulatorStats;
  /** A client that lets more than this wait in the socket is cut off. */
  readonly maxBufferedBytes: number;
}

const BATCH_CHARACTERS = 60_000;
const CLOSE_GOING_AWAY = 1001;
const CLOSE_POLICY = 1008;

/** One client: collects its messages of a turn, writes them at once, and dies as the faults say. */
export class Connection {
  /** Whether messages are wrapped in `{"stream":...,"data":...}`. */
  isCombined = false;
  /** Messages and answers that were sent or are about to be. */
  sentMessages = 0;
  readonly #options: ConnectionOptions;
  readonly #webSocket: WebSocket;
  readonly #delivery: DeliveryFaults;
  readonly #heartbeat: Heartbeat;
  /** 0.5..1.5: when within the fault's period this connection drops. */
  readonly #dropPart: number;
  #batch = '';
  #isMute = false;
  #shutdownSaidAtMs = -1;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#webSocket = options.webSocket;
    const random = createRandom(options.seed);
    this.#dropPart = 0.5 + random();
    this.#delivery = new DeliveryFaults({ control: options.faults, random, stats: options.stats });
    this.#heartbeat = new Heartbeat(options.openedMs);
    options.webSocket.on('pong', (payload) => this.#heartbeat.answered(payload.toString()));
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  /** Ages the connection: pings, and what the faults have for its age. Called once a turn. */
  age(nowMs: number, wallMs: number): void {
    if (!this.isOpen) return;
    const { dropConnection, mute, closeAfterMs, serverShutdown } = this.#options.faults.current;
    const { stats } = this.#options;
    const ageMs = nowMs - this.#options.openedMs;
    this.#isMute = mute !== null && ageMs % mute.everyMs >= mute.everyMs - mute.forMs;
    if (dropConnection !== null && ageMs >= dropConnection.everyMs * this.#dropPart) {
      stats.dropped += 1;
      this.#webSocket.terminate();
      return;
    }
    if (closeAfterMs !== null && ageMs >= closeAfterMs) this.close('the connection has reached its age');
    if (serverShutdown !== null && ageMs >= serverShutdown.everyMs) {
      this.#shutDown({ nowMs, wallMs, graceMs: serverShutdown.graceMs });
    }
    this.#beat(nowMs);
  }

  #shutDown(at: { nowMs: number; wallMs: number; graceMs: number }): void {
    if (this.#shutdownSaidAtMs < 0) {
      this.#shutdownSaidAtMs = at.nowMs;
      const notice = this.#options.shutdownNotice({ wallMs: at.wallMs, isCombined: this.isCombined });
      if (notice !== undefined) this.answer(notice);
    } else if (at.nowMs - this.#shutdownSaidAtMs >= at.graceMs) {
      this.close('server shutdown');
    }
  }

  #beat(nowMs: number): void {
    const due = this.#heartbeat.due(nowMs);
    if (due === undefined || !this.isOpen) return;
    if (due !== 'end') {
      this.#webSocket.ping(due.ping);
      return;
    }
    this.#options.stats.closed += 1;
    this.#webSocket.terminate();
  }

  /** Hands over a message of one of its streams. `data` must be ASCII. */
  deliver(stream: string, data: string): void {
    if (this.#isMute) {
      this.#options.stats.muted += 1;
      return;
    }
    this.#options.stats.sent += 1;
    const message = this.isCombined ? `{"stream":"${stream}","data":${data}}` : data;
    if (this.#delivery.isOff) this.#append(textFrame(message));
    else this.#delivery.pass(stream, message, this.#send);
  }

  /** Sends what a fault still holds back of a stream. */
  release(stream: string): void {
    this.#delivery.release(stream, this.#send);
  }

  readonly #send = (message: Rubbish): void => {
    this.#append(typeof message === 'string' ? textFrame(message) : binaryFrame(message));
  };

  #append(frame: string): void {
    this.sentMessages += 1;
    this.#batch += frame;
    if (this.#batch.length >= BATCH_CHARACTERS) this.flush();
  }

  /** Writes what the turn has collected. */
  flush(): void {
    if (this.#batch === '') return;
    const batch = this.#batch;
    this.#batch = '';
    if (!this.isOpen) return;
    this.#options.socket.write(batch, 'latin1');
    if (this.#options.socket.writableLength <= this.#options.maxBufferedBytes) return;
    this.#options.stats.cutOff += 1;
    this.#webSocket.terminate();
  }

  /** Answers a request, after what has been collected before it. Any text: this goes through the library. */
  answer(text: string): void {
    this.flush();
    this.sentMessages += 1;
    if (this.isOpen) this.#webSocket.send(text);
  }

  /** Closes with a close frame: going away, or for a client's offence. */
  close(reason: string, code: typeof CLOSE_GOING_AWAY | typeof CLOSE_POLICY = CLOSE_GOING_AWAY): void {
    if (!this.isOpen) return;
    this.flush();
    this.#options.stats.closed += 1;
    this.#webSocket.close(code, reason);
  }

  /** Closes because the client sends too much. */
  refuse(reason: string): void {
    this.close(reason, CLOSE_POLICY);
  }

  /** Ends without a close frame. */
  terminate(): void {
    this.#webSocket.terminate();
  }
}
