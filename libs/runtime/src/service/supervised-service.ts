import type { Backoff } from '../retry/backoff.ts';
import type { Clock } from '../clock/clock.ts';
import { TickwrightError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import type { Service, ServiceStatus } from './service.ts';
import { CrashLoopError, describeFailure } from './supervisor-errors.ts';

/** How often a service may fail: at the `failures`-th failure within `windowMs` it is given up. */
export interface CrashLoopLimit {
  readonly failures: number;
  readonly windowMs: number;
}

export interface SupervisedOptions {
  readonly service: Service;
  readonly clock: Clock;
  readonly log: Log;
  readonly backoff: Backoff;
  readonly crashLoop: CrashLoopLimit;
}

/** One service with its restarts: start, run, fail, wait, start again, until stopped or given up. */
export class SupervisedService {
  readonly #options: SupervisedOptions;
  readonly #abort = new AbortController();
  readonly #failuresMs: number[] = [];
  #state: ServiceStatus['state'] = 'waiting';
  #restarts = 0;
  #lastFailure: string | undefined;
  #wasUp = false;
  #stopping = false;
  #ended: Promise<void> | undefined;

  constructor(options: SupervisedOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.service.name;
  }

  status(): ServiceStatus {
    return {
      name: this.name,
      state: this.#state,
      restarts: this.#restarts,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
    };
  }

  /**
   * Begins to keep the service up. `onUp` is called at each successful start; the promise settles when the service has
   * ended for good: resolved when stopped, rejected when given up.
   */
  keepUp(onUp: () => void): Promise<void> {
    this.#ended ??= this.#loop(onUp);
    return this.#ended;
  }

  /** Drains, then ends. Never rejects with the reason of the abort; rejects with what `drain` threw. */
  async stop(): Promise<void> {
    const { service } = this.#options;
    this.#stopping = true;
    try {
      if (this.#state === 'running' && service.drain !== undefined) {
        this.#state = 'draining';
        await service.drain();
      }
    } finally {
      this.abort();
      await this.#ended?.catch(() => undefined);
      this.#state = 'ended';
    }
  }

  /** Ends without draining. */
  abort(): void {
    this.#abort.abort(new TickwrightError(`service "${this.name}" is stopped`, { code: 'stopped' }));
  }

  async #loop(onUp: () => void): Promise<void> {
    try {
      while (!this.#isStopping() && !(await this.#ranToItsEnd(onUp))) {
        // Failed and waited: once more.
      }
    } finally {
      this.#state = 'ended';
    }
  }

  async #ranToItsEnd(onUp: () => void): Promise<boolean> {
    try {
      await this.#once(onUp);
      return true;
    } catch (error) {
      if (this.#isStopping()) this.#noteLateFailure(error);
      else await this.#recoverFrom(error);
      return false;
    }
  }

  #isStopping(): boolean {
    return this.#stopping || this.#abort.signal.aborted;
  }

  async #once(onUp: () => void): Promise<void> {
    const { service, clock, backoff, crashLoop } = this.#options;
    const { signal } = this.#abort;
    this.#state = 'starting';
    await service.start?.(signal);
    signal.throwIfAborted();
    this.#state = 'running';
    this.#wasUp = true;
    onUp();
    const upSinceMs = clock.monotonicMs();
    try {
      await service.run(signal);
    } finally {
      if (clock.monotonicMs() - upSinceMs >= crashLoop.windowMs) backoff.reset();
    }
    if (this.#isStopping() || service.endsByItself === true) return;
    throw new TickwrightError(`service "${service.name}" ended although nobody stopped it`, {
      code: 'service-ended',
      canRetry: true,
    });
  }

  /** Waits before the next start, or rejects when there shall be none. */
  async #recoverFrom(error: unknown): Promise<void> {
    const { clock, log, backoff } = this.#options;
    this.#lastFailure = describeFailure(error);
    this.#giveUpIfHopeless(error);
    const restartInMs = Math.round(backoff.nextMs());
    this.#state = 'backing off';
    log.error({ service: this.name, err: error, restartInMs }, 'service failed, will be started again');
    this.#restarts += 1;
    try {
      await clock.sleep(restartInMs, this.#abort.signal);
    } catch {
      // Stopped while waiting: the loop ends at its head.
    }
  }

  #giveUpIfHopeless(error: unknown): void {
    // A first start that no retry can mend (a taken port, a wrong setting) is told at once and as it is.
    if (!this.#wasUp && error instanceof TickwrightError && !error.canRetry) throw error;
    const { clock, crashLoop, service } = this.#options;
    if (service.isFinal?.(error) === true) throw error;
    this.#failuresMs.push(clock.monotonicMs());
    if (this.#failuresMs.length < crashLoop.failures) return;
    const firstMs = this.#failuresMs.shift() ?? 0;
    if (clock.monotonicMs() - firstMs > crashLoop.windowMs) return;
    throw new CrashLoopError({ service: this.name, ...crashLoop, cause: error });
  }

  #noteLateFailure(error: unknown): void {
    if (error === this.#abort.signal.reason) return;
    if (error instanceof Error && error.name === 'AbortError') return;
    this.#options.log.warn({ service: this.name, err: error }, 'service failed while it was being stopped');
  }
}
