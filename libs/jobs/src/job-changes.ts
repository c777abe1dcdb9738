import type { Clock } from '@tickwright/runtime';
import { Changes } from './changes.ts';
import { JobQueueClosedError } from './errors.ts';
import { GroupCommit } from './group-commit.ts';
import type { JobEvent } from './job-event.ts';
import { JobGraph } from './job-graph.ts';
import type { JobStore, StoredEvent } from './job-store.ts';

export interface JobChangesParts {
  readonly store: JobStore;
  readonly graph: JobGraph;
  readonly clock: Clock;
  /** Memory has become what is stored. */
  readonly onReadAgain: () => void;
}

/**
 * Changes of jobs: decided one after the other, each on what those before it have made, and stored in that order by one
 * writer however many workers there are. A change that could not be stored takes those with it that were decided after
 * it: memory is then read from the database again.
 */
export class JobChanges {
  readonly #parts: JobChangesParts;
  readonly #changes = new Changes();
  readonly #commit: GroupCommit;
  /** What the change that is being decided has recorded. */
  #recorded: StoredEvent[] = [];
  /** Memory tells what is not stored: it is read again before anything else is decided. */
  #isAhead = false;
  /** While memory is read again, or old runs are forgotten: changes wait for it. */
  #held: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: JobChangesParts) {
    this.#parts = parts;
    this.#commit = new GroupCommit({
      append: (events) => parts.store.append(events),
      onFailure: () => {
        this.#isAhead = true;
      },
    });
  }

  /** Whether memory is what is stored, or will be: a change can be decided at once. */
  get isFree(): boolean {
    return !this.isClosed && this.#held === undefined && !this.#isAhead;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Resolves when something has changed, or when the signal is aborted. */
  next(signal?: AbortSignal): Promise<void> {
    return this.#changes.next(signal);
  }

  /** Applies events of the change that is being decided; they are stored before that is answered. */
  record(events: readonly JobEvent[]): void {
    const { graph, clock } = this.#parts;
    const atMicros = clock.nowMicros();
    for (const event of events) {
      const run = event.type === 'enqueued' ? event.run : (graph.job(event.job)?.run ?? '');
      const recorded = { sequence: graph.sequence + 1, atMicros, event, run };
      graph.apply(recorded);
      this.#recorded.push(recorded);
    }
    if (events.length > 0) this.#changes.notify();
  }

  /** One change after the other: each decides on what those before it have decided. Errors: JobQueueClosedError. */
  async inTurn<T>(change: () => T): Promise<T> {
    while (!this.isFree) {
      if (this.isClosed) throw new JobQueueClosedError();
      this.#held ??= this.#readAgain().finally(() => {
        this.#held = undefined;
      });
      await this.#held;
    }
    const value = change();
    await this.#commit.add(this.#recorded.splice(0));
    return value;
  }

  /** Does something while no change is decided or stored. */
  async alone(work: () => Promise<void>): Promise<void> {
    while (this.#held !== undefined) await this.#held;
    const done = (async () => {
      await this.#commit.idle();
      if (this.#isAhead) await this.#readAgain();
      await work();
    })();
    this.#held = done
      .catch(() => {
        // Told to whoever asked for it; changes go on from what is stored.
      })
      .finally(() => {
        this.#held = undefined;
      });
    await done;
  }

  /** Waits for what is being stored; whether all that was decided is stored then. */
  async areStored(): Promise<boolean> {
    await this.#commit.idle();
    return !this.#isAhead;
  }

  /** Takes nothing more, after a last piece of work. Idempotent. */
  close(last: () => Promise<void>): Promise<void> {
    this.#closed ??= last().finally(() => {
      this.#changes.notify();
    });
    return this.#closed;
  }

  async #readAgain(): Promise<void> {
    const { graph, store, onReadAgain } = this.#parts;
    await this.#commit.idle();
    graph.become(await storedGraph(store));
    onReadAgain();
    this.#isAhead = false;
    this.#changes.notify();
  }
}

/** Jobs and runs as the database has them. */
export async function storedGraph(store: JobStore): Promise<JobGraph> {
  const graph = new JobGraph();
  for await (const event of store.load()) graph.apply(event);
  return graph;
}
