import { Dealer, Subscriber } from 'zeromq';
import { receiverCurve } from '../curve.ts';
import { requireProtected } from '../feed-address.ts';
import { topics } from '../topic.ts';
import { Admission } from './admission.ts';
import type { FeedReceiverOptions } from './receiver-options.ts';

/** Messages that ZeroMQ keeps for us while our event loop is busy; past it the sender's side fills, then drops. */
const HIGH_WATER_MARK = 10_000;
const RECONNECT_MS = 100;
const RECONNECT_MAX_MS = 2_000;

export interface ReceiverSockets {
  readonly subscriber: Subscriber;
  readonly dealer: Dealer;
  /** Of each socket. */
  readonly admission: { readonly subscriber: Admission; readonly dealer: Admission };
}

/** Both sockets, connecting. Errors: FeedAddressError, FeedKeysError. */
export function openReceiverSockets(options: FeedReceiverOptions): ReceiverSockets {
  const { publish, snapshot, keys, clock, log } = options;
  for (const address of [publish, snapshot]) requireProtected(address, keys);
  const common = {
    ...receiverCurve(keys),
    linger: 0,
    reconnectInterval: RECONNECT_MS,
    reconnectMaxInterval: RECONNECT_MAX_MS,
  };
  const subscriber = new Subscriber({ ...common, receiveHighWaterMark: HIGH_WATER_MARK });
  // Questions are asked again; those that wait for a connection would only be out of date.
  const dealer = new Dealer({ ...common, sendTimeout: 0, immediate: true });
  const watching = { hasKeys: keys !== undefined, monotonicMs: () => clock.monotonicMs() };
  // One line for both: they are refused together.
  const onRefused = (reason: string): void => log.warn({}, reason);
  const admission = {
    subscriber: new Admission({ ...watching, socket: subscriber, address: publish, onRefused }),
    dealer: new Admission({ ...watching, socket: dealer, address: snapshot }),
  };
  try {
    subscriber.subscribe(...options.topics, topics.status, topics.heartbeat);
    admission.subscriber.connect();
    admission.dealer.connect();
  } catch (error) {
    subscriber.close();
    dealer.close();
    throw error;
  }
  return { subscriber, dealer, admission };
}
