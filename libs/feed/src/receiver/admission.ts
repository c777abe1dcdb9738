import type { Event, Socket } from 'zeromq';
import { connectSocket } from '../bound-socket.ts';

/** A handshake that is cut off may be a sender that just ends; as often as this it is no chance. */
const CUT_OFF_MIN = 3;
/** ZeroMQ gives a connection up once it was refused with a reason. Whoever is configured anew is found after this. */
const AGAIN_MS = 2_000;

export interface AdmissionOptions {
  readonly socket: Socket;
  readonly address: string;
  readonly hasKeys: boolean;
  readonly monotonicMs: () => number;
  /** Told the reason once, and again when it is another. */
  readonly onRefused?: (reason: string) => void;
}

/**
 * Whether the sender lets a socket in. Over CURVE one that it does not let in hears nothing at all, as if nobody were
 * there; that it was refused, and mostly why, is told by the handshake.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  #reason: string | undefined;
  #cutOff = 0;
  #againMs = Infinity;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    const { events } = options.socket;
    events.on('handshake', () => this.#admitted());
    events.on('handshake:error:auth', () => this.#refusedFor(notLetIn));
    events.on('handshake:error:protocol', (event) => this.#refusedFor(mismatch(event, options.hasKeys)));
    events.on('handshake:error:other', () => this.#wasCutOff());
  }

  /** Why the sender lets us not in, and what helps; undefined when it does, or nobody is there. */
  get refused(): string | undefined {
    return this.#reason;
  }

  /** Connects the socket. Not before it is watched: a refusal comes at once, and only once. */
  connect(): void {
    connectSocket(this.#options.socket, this.#options.address);
  }

  /** Asks to be let in again where ZeroMQ does not. */
  retry(): void {
    const { socket, address, monotonicMs } = this.#options;
    if (socket.closed || monotonicMs() < this.#againMs) return;
    this.#againMs = Infinity;
    try {
      socket.disconnect(address);
    } catch {
      // It was given up altogether.
    }
    this.connect();
  }

  #admitted(): void {
    this.#reason = undefined;
    this.#cutOff = 0;
    this.#againMs = Infinity;
  }

  #refusedFor(why: string): void {
    this.#againMs = this.#options.monotonicMs() + AGAIN_MS;
    this.#refused(why);
  }

  /** A sender whose key is not the one that is expected cannot read our greeting and hangs up, without a word. */
  #wasCutOff(): void {
    this.#cutOff += 1;
    if (this.#options.hasKeys && this.#cutOff >= CUT_OFF_MIN) this.#refused(otherKey);
  }

  #refused(why: string): void {
    const reason = `the feed at ${this.#options.address} does not let this receiver in: ${why}`;
    if (reason === this.#reason) return;
    this.#reason = reason;
    this.#options.onRefused?.(reason);
  }
}

const notLetIn =
  "this receiver's key is not on the sender's list: add its public key to feed.allowedKeys there";
const otherKey =
  "the sender's key is another than is expected: set feed.serverPublicKey to the publicKey of the sender's key file, or feed.keyFile to that file";
const needsKeys =
  "it asks for keys and none are configured: set feed.serverPublicKey to the publicKey of the sender's key file, or feed.keyFile to that file";
const needsNone =
  'keys are configured and it has none: remove feed.serverPublicKey and feed.keyFile here, or give it keys';
const notOurs = 'what answers there is no sender of a feed: look at feed.publish and feed.snapshot';

function mismatch(event: Event, hasKeys: boolean): string {
  const code = 'error' in event && 'code' in event.error ? event.error.code : undefined;
  if (code !== 'ERR_ZMTP_MECHANISM_MISMATCH') return hasKeys ? otherKey : notOurs;
  return hasKeys ? needsNone : needsKeys;
}
