import type { Database } from '@tickwright/database';
import { JobQueue, onSchedule, workJobs } from '@tickwright/jobs';
import type { JobHandler, RunSpec, Schedule } from '@tickwright/jobs';
import { loopService } from '@tickwright/runtime';
import type { Clock, Log, Service } from '@tickwright/runtime';

/** Loops of a lane that work side by side, unless told. */
const WORKERS = 4;
const MAIN_LANE = 'jobs';
/** Runs that ended are looked through for old ones this often. */
const FORGET_MS = 3_600_000;

export interface JobsOptions {
  /** `state.duckdb`, open; its owner closes it. */
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The ingestor's durable jobs: one queue in `state.duckdb`, who does which kind of job, and when runs are enqueued by
 * themselves. Everything is told before the services run.
 */
export class Jobs implements AsyncDisposable {
  readonly queue: JobQueue;
  readonly #options: JobsOptions;
  readonly #handlers = new Map<string, Map<string, JobHandler>>();
  readonly #workers = new Map<string, number>();
  readonly #scheduled: Service[] = [];

  private constructor(queue: JobQueue, options: JobsOptions) {
    this.queue = queue;
    this.#options = options;
  }

  static async open(options: JobsOptions): Promise<Jobs> {
    return new Jobs(await JobQueue.open(options), options);
  }

  /**
   * Names who does jobs of a kind. A kind has one handler: RangeError. Kinds of one lane share its workers, so that one
   * that waits for a venue holds up nobody else.
   */
  handle(kind: string, handler: JobHandler, lane: { name?: string; workers?: number } = {}): void {
    const { name = MAIN_LANE, workers = WORKERS } = lane;
    const isTaken = [...this.#handlers.values()].some((kinds) => kinds.has(kind));
    if (isTaken) throw new RangeError(`jobs of the kind "${kind}" have a handler already`);
    const kinds = this.#handlers.get(name) ?? new Map<string, JobHandler>();
    kinds.set(kind, handler);
    this.#handlers.set(name, kinds);
    this.#workers.set(name, workers);
  }

  /**
   * Has a run enqueued at each time of a schedule. Its id makes it the same run when it is told twice, as after a
   * restart; undefined: nothing to do this time.
   */
  schedule(name: string, when: Schedule, runAt: (dueMicros: number) => RunSpec | undefined): void {
    const { clock, log } = this.#options;
    const work = async (dueMicros: number): Promise<void> => {
      const run = runAt(dueMicros);
      if (run !== undefined) await this.queue.enqueue(run);
    };
    this.#scheduled.push({
      name: `schedule ${name}`,
      run: (signal) => onSchedule(when, { clock, log, signal, work }),
    });
  }

  /** The workers, the schedules, and the forgetting of old runs. */
  services(): Service[] {
    const { queue } = this;
    const { clock, log } = this.#options;
    return [
      ...[...this.#handlers].map(([name, handlers]): Service => {
        const workers = this.#workers.get(name) ?? WORKERS;
        return { name, run: (signal) => workJobs({ queue, handlers, workers, clock, log, signal }) };
      }),
      loopService({
        name: 'forget jobs',
        clock,
        intervalMs: FORGET_MS,
        work: () =>
          queue.compact().catch((error: unknown) => log.warn({ error: String(error) }, 'old jobs were kept')),
      }),
      ...this.#scheduled,
    ];
  }

  /** After the services have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    // A disk that takes nothing: what is old is forgotten another time.
    await this.queue
      .close()
      .catch((error: unknown) => this.#options.log.warn({ error: String(error) }, 'old jobs were kept'));
  }
}
