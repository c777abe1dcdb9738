import { curveKeyPair } from 'zeromq';
import { FeedKeysError } from './feed-errors.ts';
import type { FeedKeys } from './feed-keys.ts';

const KEY = /^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/;

/** A new pair of CURVE keys. */
export function makeFeedKeys(): { publicKey: string; secretKey: string } {
  return curveKeyPair();
}

/** Whether a text can be a CURVE key: 40 characters of Z85. */
export function isFeedKey(text: string): boolean {
  return KEY.test(text);
}

/** Socket options of a sender; none without keys. Throws a FeedKeysError. */
export function senderCurve(keys: FeedKeys | undefined, domain: string | undefined): object {
  if (keys === undefined) return {};
  if (keys.pair === undefined)
    throw new FeedKeysError('a feed is sent with a pair of keys, and there is none');
  const { publicKey, secretKey } = checked(keys.pair);
  return {
    curveServer: true,
    curvePublicKey: publicKey,
    curveSecretKey: secretKey,
    ...(domain === undefined ? {} : { zapDomain: domain, zapEnforceDomain: true }),
  };
}

/** Socket options of a receiver; none without keys. A receiver without a pair of its own makes one for the occasion. */
export function receiverCurve(keys: FeedKeys | undefined): object {
  if (keys === undefined) return {};
  const { serverPublicKey = keys.pair?.publicKey } = keys;
  if (serverPublicKey === undefined || !isFeedKey(serverPublicKey))
    throw new FeedKeysError(
      "a feed is received with its sender's public key, 40 characters, and there is none",
    );
  const { publicKey, secretKey } = checked(keys.pair ?? makeFeedKeys());
  return { curveServerKey: serverPublicKey, curvePublicKey: publicKey, curveSecretKey: secretKey };
}

function checked(pair: { publicKey: string; secretKey: string }): { publicKey: string; secretKey: string } {
  if (isFeedKey(pair.publicKey) && isFeedKey(pair.secretKey)) return pair;
  throw new FeedKeysError(
    'a key of the feed is not 40 characters of Z85; make a pair with "tickwright feed keys"',
  );
}
