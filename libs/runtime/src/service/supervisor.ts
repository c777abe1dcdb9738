import { backoff } from '../retry/backoff.ts';
import type { Clock } from '../clock/clock.ts';
import type { Log } from '../log/log.ts';
import type { Service, ServiceStatus } from './service.ts';
import { SupervisedService } from './supervised-service.ts';
import type { CrashLoopLimit } from './supervised-service.ts';
import { DrainError } from './supervisor-errors.ts';

const DRAIN_LIMIT_MS = 5_000;
const RESTART_BACKOFF = { minMs: 100, maxMs: 10_000 };
const CRASH_LOOP: CrashLoopLimit = { failures: 5, windowMs: 60_000 };

export interface SupervisorOptions {
  /** In the order of starting; drained in the reverse order. */
  readonly services: readonly Service[];
  readonly clock: Clock;
  readonly log: Log;
  /** All services together have this long to drain. Default 5 s. */
  readonly drainLimitMs?: number;
  /** Default 0.1 s to 10 s. */
  readonly restartBackoff?: { readonly minMs: number; readonly maxMs: number };
  /** Default: the fifth failure within 60 s. */
  readonly crashLoop?: CrashLoopLimit;
  readonly random?: () => number;
}

/**
 * Keeps services up. They start one after the other, each when the one before is ready; one that fails is started
 * again after a growing wait while the others stay up; one that fails too often ends all (CrashLoopError), and so
 * does one whose first start fails in a way that no retry can mend (its own error). On stop all are drained, the last
 * started first.
 */
export class Supervisor {
  readonly #services: readonly SupervisedService[];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #drainLimitMs: number;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    const { clock, log, crashLoop = CRASH_LOOP, restartBackoff = RESTART_BACKOFF } = options;
    const random = options.random ?? Math.random;
    this.#clock = clock;
    this.#log = log;
    this.#drainLimitMs = options.drainLimitMs ?? DRAIN_LIMIT_MS;
    this.#services = options.services.map(
      (service) =>
        new SupervisedService({
          service,
          clock,
          log,
          crashLoop,
          backoff: backoff({ ...restartBackoff, random }),
        }),
    );
  }

  status(): readonly ServiceStatus[] {
    return this.#services.map((service) => service.status());
  }

  /**
   * Runs until the signal is aborted, a service is given up, or every service has ended by itself; then drains.
   * `onUp` is called once, when the last service is ready. Rejects with what gave a service up, or with a DrainError
   * that names who did not end in time. To be called once.
   */
  async run(signal: AbortSignal, onUp: () => void = () => undefined): Promise<void> {
    const end = await this.#untilOver(signal, onUp);
    this.#stopping = true;
    const drainError = await this.#drain();
    if (end.failed) {
      if (drainError !== undefined) this.#log.error({ err: drainError }, drainError.message);
      throw end.error;
    }
    if (drainError !== undefined) throw drainError;
  }

  async #untilOver(
    signal: AbortSignal,
    onUp: () => void,
  ): Promise<{ failed: false } | { failed: true; error: unknown }> {
    if (signal.aborted) return { failed: false };
    return await new Promise((resolve) => {
      const stop = (): void => {
        this.#stopping = true;
        resolve({ failed: false });
      };
      const giveUp = (error: unknown): void => {
        this.#stopping = true;
        resolve({ failed: true, error });
      };
      signal.addEventListener('abort', stop, { once: true });
      void this.#startAll({ onUp, onAllEnded: stop, giveUp });
    });
  }

  async #startAll(on: {
    onUp: () => void;
    onAllEnded: () => void;
    giveUp: (error: unknown) => void;
  }): Promise<void> {
    const ended = new Set<SupervisedService>();
    const watch = async (service: SupervisedService, onServiceUp: () => void): Promise<void> => {
      try {
        await service.keepUp(onServiceUp);
        ended.add(service);
        if (ended.size === this.#services.length) on.onAllEnded();
      } catch (error) {
        on.giveUp(error);
      }
    };
    for (const service of this.#services) {
      if (this.#stopping) return;
      await new Promise<void>((resolve) => {
        void watch(service, resolve).finally(resolve);
      });
    }
    if (!this.#stopping) on.onUp();
  }

  /**
   * Asks one after the other. One that takes more than its share of the time left is no longer waited for before the
   * next is asked, so that a service that hangs cannot take the time of those that hold the data.
   */
  async #drain(): Promise<DrainError | undefined> {
    const begun = this.#services.filter((service) => service.status().state !== 'waiting').toReversed();
    const endMs = this.#clock.monotonicMs() + this.#drainLimitMs;
    const leftMs = (): number => Math.max(0, endMs - this.#clock.monotonicMs());
    const late = new Set(begun);
    const failures = new Map<string, unknown>();
    const stops: Promise<void>[] = [];
    for (const [index, service] of begun.entries()) {
      const stop = service
        .stop()
        .catch((error: unknown) => void failures.set(service.name, error))
        .finally(() => late.delete(service));
      stops.push(stop);
      await this.#within(leftMs() / (begun.length - index), stop);
    }
    await this.#within(leftMs(), Promise.all(stops));
    for (const service of late) service.abort();
    if (late.size === 0 && failures.size === 0) return undefined;
    const names = [...late].map((service) => service.name);
    return new DrainError({ late: names, failures, limitMs: this.#drainLimitMs });
  }

  /** Waits for the work, but no longer than this. */
  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const timer = new AbortController();
    const timeout = this.#clock.sleep(ms, timer.signal).catch(() => undefined);
    await Promise.race([work, timeout]);
    timer.abort();
  }
}
