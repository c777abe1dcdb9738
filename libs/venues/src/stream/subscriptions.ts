import type { Instrument } from '@tickwright/market';
import type { Clock } from '@tickwright/runtime';
import type { Habit } from './watchdog.ts';
import type { SubscriptionState, SubscriptionStateName } from '../venue.ts';

/** What the stream knows of one instrument. */
export interface Subscription {
  readonly instrument: Instrument;
  state: SubscriptionStateName;
  sinceMicros: number;
  connection: string;
  reason: string | undefined;
  /** When the venue acknowledged the subscription that now runs; 0 while none does. */
  ackMicros: number;
  /** Receive time of the newest tick that the watchdog has seen. */
  tickMicros: number;
  /** How often it has seen a new tick since the acknowledgement. */
  ticksSeen: number;
  /** How often it ticks; outlives reconnecting. */
  habit: Habit;
}

/** The state of every instrument asked for, the refused and unsubscribed ones too until they are asked for again. */
export class Subscriptions {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Subscription>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes an instrument in; false if it is wanted already. */
  add(instrument: Instrument): boolean {
    const known = this.#byKey.get(instrument.key);
    if (known === undefined) {
      this.#byKey.set(instrument.key, newSubscription(instrument, this.#clock.nowMicros()));
      return true;
    }
    if (known.state !== 'refused' && known.state !== 'unsubscribed') return false;
    this.enter(known, 'requested');
    return true;
  }

  get(key: string): Subscription | undefined {
    return this.#byKey.get(key);
  }

  all(): IterableIterator<Subscription> {
    return this.#byKey.values();
  }

  /** Changes the state; `sinceMicros` moves only if it is another one. */
  enter(subscription: Subscription, state: SubscriptionStateName, reason?: string): void {
    subscription.reason = reason;
    if (subscription.state === state) return;
    subscription.state = state;
    subscription.sinceMicros = this.#clock.nowMicros();
  }

  acknowledged(key: string, connection: string): void {
    const subscription = this.#byKey.get(key);
    if (subscription === undefined) return;
    subscription.connection = connection;
    subscription.ackMicros = this.#clock.nowMicros();
    subscription.ticksSeen = 0;
    this.enter(subscription, 'acknowledged');
  }

  /** Says why it is in its state. */
  explain(key: string, reason: string): void {
    const subscription = this.#byKey.get(key);
    if (subscription !== undefined) subscription.reason = reason;
  }

  /** Another connection carries it from now on; to the instrument nothing has happened. */
  moved(key: string, connection: string): void {
    const subscription = this.#byKey.get(key);
    if (subscription !== undefined) subscription.connection = connection;
  }

  /** No connection carries it any more, for the time being or for good. */
  uncovered(key: string, state: 'requested' | 'refused' | 'unsubscribed', reason?: string): void {
    const subscription = this.#byKey.get(key);
    if (subscription === undefined) return;
    subscription.connection = '';
    subscription.ackMicros = 0;
    subscription.ticksSeen = 0;
    this.enter(subscription, state, reason);
  }

  states(lastTickMicros: (key: string) => number): SubscriptionState[] {
    return [...this.#byKey.values()].map((one) => ({
      instrument: one.instrument.key,
      state: one.state,
      sinceMicros: one.sinceMicros,
      lastTickMicros: lastTickMicros(one.instrument.key),
      connection: one.connection,
      ...(one.reason === undefined ? {} : { reason: one.reason }),
    }));
  }
}

function newSubscription(instrument: Instrument, nowMicros: number): Subscription {
  return {
    instrument,
    state: 'requested',
    sinceMicros: nowMicros,
    connection: '',
    reason: undefined,
    ackMicros: 0,
    tickMicros: 0,
    ticksSeen: 0,
    habit: { gaps: 0, meanGapMs: 0 },
  };
}
