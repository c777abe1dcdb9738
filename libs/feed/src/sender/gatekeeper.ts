import { Reply } from 'zeromq';
import type { Context } from 'zeromq';
import { FeedKeysError } from '../feed-errors.ts';
import { isFeedKey } from '../curve.ts';

const ADDRESS = 'inproc://zeromq.zap.01';
const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/**
 * Says who may come in, by public key: ZeroMQ asks it over the protocol of RFC 27 (ZAP) before a connection is taken. It
 * asks at one address a context, so that each gatekeeper has a context of its own.
 */
export class Gatekeeper {
  readonly domain = 'tickwright';
  /** Connections that were turned away. */
  refused = 0;
  readonly #socket: Reply;
  readonly #allowed: ReadonlySet<string>;

  static async open(options: { context?: Context; allowedKeys: readonly string[] }): Promise<Gatekeeper> {
    const { context, allowedKeys } = options;
    const wrong = allowedKeys.find((key) => !isFeedKey(key));
    if (wrong !== undefined)
      throw new FeedKeysError(`"${wrong}" is no public key: expected 40 characters of Z85`);
    const socket = new Reply({ linger: 0, ...(context === undefined ? {} : { context }) });
    await socket.bind(ADDRESS);
    return new Gatekeeper(socket, new Set(allowedKeys));
  }

  private constructor(socket: Reply, allowed: ReadonlySet<string>) {
    this.#socket = socket;
    this.#allowed = allowed;
    void this.#answer();
  }

  close(): void {
    this.#socket.close();
  }

  async #answer(): Promise<void> {
    try {
      // Version, request id, domain, address, identity, mechanism, and for CURVE the client's key as 32 bytes.
      for await (const [version, id, , , , mechanism, key] of this.#socket) {
        const isAllowed = String(mechanism) === 'CURVE' && key !== undefined && this.#allowed.has(z85(key));
        if (!isAllowed) this.refused += 1;
        const [status, text] = isAllowed ? ['200', 'OK'] : ['400', 'this key is not let in'];
        await this.#socket.send([version, id, status, text, '', '']);
      }
    } catch (error) {
      if (!this.#socket.closed) throw error;
    }
  }
}

/** RFC 32: four bytes as five digits of base 85. */
export function z85(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const value = bytes.readUInt32BE(at);
    for (let power = 85 ** 4; power >= 1; power /= 85) text += Z85[Math.floor(value / power) % 85];
  }
  return text;
}
