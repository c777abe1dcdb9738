// What a simulated process cannot see behind: chance, time, and the order in which things come back. All of it follows
// from one seed, so that a seed gives the same events bit by bit.
import { crc32 } from 'node:zlib';
import type { Clock } from '@tickwright/runtime';

/** Lines of a trace that are kept where one is asked for; all of them go into its hash, this much text at a time. */
const TRACE_LINES_MAX = 50_000;
const HASHED_TEXT = 4_096;

interface Sleeper {
  readonly wakeMicros: number;
  readonly wake: () => void;
}

interface Operation {
  readonly name: string;
  readonly complete: () => void;
}

/** Names, and beside them how often each comes. */
export interface Weighted<Name> {
  readonly names: readonly Name[];
  readonly weights: readonly number[];
}

const ANSWERS = { names: ['atOnce', 'chosen', 'slow'], weights: [60, 36, 4] } as const;

/** Something that must never be so was so. */
export class Violation extends Error {}

/**
 * Stands for the machine: `setImmediate` and `Math.random` of this process are its own while it is installed, and no
 * real timer runs. Work that the process waits for is in one of three places: turns (immediates, in order, as Node runs
 * them), operations (devices, which answer in any order) and sleepers (time).
 */
export class World {
  readonly clock: Clock;
  readonly trace: string[] = [];
  /** Operations come back at once, without being chosen: for the end of a run, when faults are over. */
  isCalm = false;
  readonly #isTraced: boolean;
  #hash = 0;
  #unhashed = '';
  #random: number;
  #turns: (() => void)[] = [];
  #operations: Operation[] = [];
  #sleepers: Sleeper[] = [];
  #monotonicMicros = 0;
  #wallOffsetMicros: number;
  #violation: Violation | undefined;

  constructor(options: { seed: number; startMicros: number; isTraced: boolean }) {
    this.#isTraced = options.isTraced;
    this.#random = options.seed >>> 0;
    this.#wallOffsetMicros = options.startMicros;
    this.clock = {
      nowMicros: () => this.#wallOffsetMicros + this.#monotonicMicros,
      monotonicMs: () => this.#monotonicMicros / 1_000,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
  }

  /** Takes over this process's chance and turns until the returned function is called. */
  install(): () => void {
    const { setImmediate: realTurn } = globalThis;
    const { random: realRandom } = Math;
    const turn = (run: (...values: unknown[]) => void, ...values: unknown[]): void => {
      this.#turns.push(() => run(...values));
    };
    globalThis.setImmediate = turn as unknown as typeof setImmediate;
    Math.random = () => this.random();
    return () => {
      globalThis.setImmediate = realTurn;
      Math.random = realRandom;
    };
  }

  /** From 0 up to 1 (mulberry32). */
  random(): number {
    this.#random = (this.#random + 0x6d2b79f5) >>> 0;
    const state = this.#random;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  /** A whole number of [from, to]. */
  between(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)];
  }

  /** One of the names, by their weights. */
  weighted<Name>({ names, weights }: Weighted<Name>): Name {
    let sum = 0;
    for (const weight of weights) sum += weight;
    let left = this.random() * sum;
    for (let at = 0; at < names.length; at += 1) {
      left -= weights[at];
      if (left < 0) return names[at];
    }
    return names[0];
  }

  /** Tells the trace. */
  say(line: string): void {
    this.#unhashed += line;
    if (this.#unhashed.length > HASHED_TEXT) this.#hashText();
    if (this.#isTraced && this.trace.length < TRACE_LINES_MAX) this.trace.push(line);
  }

  /** Stands for all lines of the trace and their order. */
  get hash(): number {
    this.#hashText();
    return this.#hash;
  }

  /** Notes what must not be: within the code under test a throw would be taken for a fault that it can mend. */
  violated(what: string): Violation {
    if (this.#violation === undefined) this.say(`VIOLATION: ${what}`);
    this.#violation ??= new Violation(what);
    return this.#violation;
  }

  get violation(): Violation | undefined {
    return this.#violation;
  }

  /** True time since the beginning, which no step of the wall clock changes. */
  get elapsedMicros(): number {
    return this.#monotonicMicros;
  }

  get waiting(): { turns: number; operations: number; sleepers: number } {
    return {
      turns: this.#turns.length,
      operations: this.#operations.length,
      sleepers: this.#sleepers.length,
    };
  }

  /** A device's answer: comes when it is chosen, sometimes only after a while. */
  async operation(name: string): Promise<void> {
    if (this.isCalm) return;
    const kind = this.weighted(ANSWERS);
    if (kind === 'slow') await this.#sleep(this.between(1, 400));
    if (kind === 'chosen') {
      await new Promise<void>((complete) => {
        this.#operations.push({ name, complete });
      });
    }
  }

  /** Runs what waits for the next turn of the event loop, in order, with all promises in between. */
  async turn(): Promise<void> {
    const now = this.#turns;
    this.#turns = [];
    this.say(`turn of ${now.length}`);
    for (const run of now) {
      run();
      await settled();
    }
  }

  /** Has one of the devices answer. */
  async answer(): Promise<void> {
    const at = Math.floor(this.random() * this.#operations.length);
    const [operation] = this.#operations.splice(at, 1);
    this.say(`answer: ${operation.name}`);
    operation.complete();
    await settled();
  }

  /** Wakes the next sleeper, at its time. */
  async wakeNext(): Promise<void> {
    const sleeper = this.#sleepers.shift();
    if (sleeper === undefined) return;
    this.#monotonicMicros = Math.max(this.#monotonicMicros, sleeper.wakeMicros);
    this.say(`time ${this.#monotonicMicros / 1_000}`);
    sleeper.wake();
    await settled();
  }

  /** The machine stood still: time has passed, and nobody was woken meanwhile. */
  stall(ms: number): void {
    this.say(`stall of ${ms} ms`);
    this.#monotonicMicros += ms * 1_000;
  }

  /** Steps the wall clock alone. */
  step(micros: number): void {
    this.say(`wall clock stepped by ${micros / 1_000} ms`);
    this.#wallOffsetMicros += micros;
  }

  /** The process is gone: nothing that it waited for will ever come. */
  kill(): void {
    this.#turns = [];
    this.#operations = [];
    this.#sleepers = [];
  }

  #hashText(): void {
    this.#hash = crc32(this.#unhashed, this.#hash);
    this.#unhashed = '';
  }

  async #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`cannot sleep for ${ms} ms`);
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const sleeper: Sleeper = {
        wakeMicros: this.#monotonicMicros + Math.round(ms * 1_000),
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        const at = this.#sleepers.indexOf(sleeper);
        if (at >= 0) this.#sleepers.splice(at, 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const after = this.#sleepers.findIndex((other) => other.wakeMicros > sleeper.wakeMicros);
      this.#sleepers.splice(after < 0 ? this.#sleepers.length : after, 0, sleeper);
    });
  }
}

/** Node runs a tick only when no promise has anything left to do: after it, all that could go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
