import {
  CommitInDoubtError,
  DatabaseFullError,
  DatabaseInvalidError,
  DatabaseLockedError,
} from '@tickwright/database';
import type { World } from './world-fixture.ts';

/** How often a store fails, as shares of its writes. */
export interface StoreFaults {
  /** Fails before anything is done. */
  readonly refused: number;
  /** COMMIT fails, and the work may or may not be in. */
  readonly doubt: number;
  /** The engine stops until it is opened again. */
  readonly invalid: number;
}

export const NO_STORE_FAULTS: StoreFaults = { refused: 0, doubt: 0, invalid: 0 };

/** One database as its users meet it: a transaction is in, or is not, or is and says that it is not. */
export class FaultyStore {
  readonly #world: World;
  readonly #path: string;
  faults: StoreFaults = NO_STORE_FAULTS;
  /** Full, or held by another process, until this is lifted. */
  obstacle: 'full' | 'held' | undefined;
  #isInvalid = false;

  constructor(world: World, path: string) {
    this.#world = world;
    this.#path = path;
  }

  /** A transaction: `apply` makes its change at once, or is not called. */
  async transaction(name: string, apply: () => void): Promise<void> {
    const world = this.#world;
    await world.operation(`${this.#path}: ${name}`);
    this.#checkUsable();
    const { refused, doubt, invalid } = this.faults;
    if (world.chance(refused)) throw this.#told(name, 'refused', new DatabaseFullError(this.#found()));
    if (world.chance(invalid)) {
      this.#isInvalid = true;
      throw this.#told(name, 'engine stopped', new DatabaseInvalidError(this.#found()));
    }
    if (world.chance(doubt)) {
      const isIn = world.chance(0.5);
      if (isIn) apply();
      await world.operation(`${this.#path}: ${name} answered`);
      throw this.#told(name, isIn ? 'done, said failed' : 'failed', new CommitInDoubtError(this.#found()));
    }
    apply();
    world.say(`${this.#path}: ${name}`);
    await world.operation(`${this.#path}: ${name} answered`);
  }

  async read(name: string): Promise<void> {
    await this.#world.operation(`${this.#path}: ${name}`);
    if (this.#isInvalid) throw new DatabaseInvalidError(this.#found());
  }

  /** Opens anew. */
  async reopen(): Promise<void> {
    await this.#world.operation(`${this.#path}: open`);
    if (this.obstacle === 'held') throw new DatabaseLockedError({ path: this.#path, pid: 4711 });
    this.#isInvalid = false;
  }

  #checkUsable(): void {
    if (this.#isInvalid) throw new DatabaseInvalidError(this.#found());
    if (this.obstacle === 'full') throw new DatabaseFullError(this.#found());
    if (this.obstacle === 'held') throw new DatabaseInvalidError(this.#found());
  }

  #told<E>(name: string, what: string, error: E): E {
    this.#world.say(`${this.#path}: ${name} ${what}`);
    return error;
  }

  #found(): { path: string; found: string } {
    return { path: this.#path, found: 'a simulation' };
  }
}
