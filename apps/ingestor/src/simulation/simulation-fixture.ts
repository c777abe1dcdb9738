// A deterministic simulation of the ingestor's core: one seed, one sequence of events.
import { MINUTE_MICROS } from '@tickwright/market';
import { START } from '../core-fixture.ts';
import { Life } from './life-fixture.ts';
import { Machine } from './machine-fixture.ts';
import { NO_STORE_FAULTS } from './faulty-store-fixture.ts';
import type { FaultyStore } from './faulty-store-fixture.ts';
import { SimulatedVenue } from './venue-fixture.ts';
import { World, settled } from './world-fixture.ts';

const MINUTE_MS = 60_000;
/** An orderly end, with no fault left, takes less time and fewer events than this. */
const END_LIMIT_MS = 60_000;
const END_EVENTS_MAX = 20_000;

export interface Outcome {
  readonly seed: number;
  /** Stands for every event and their order. */
  readonly hash: number;
  readonly events: number;
  readonly frames: number;
  readonly ticks: number;
  readonly lives: number;
  readonly checks: Machine['checks'];
  /** What must not be and was; undefined for a good run. */
  readonly violation: string | undefined;
  readonly trace: readonly string[];
}

/** Plays a seed. What the process of the tests shares (turns, chance) is the simulation's until it ends. */
export async function simulate(seed: number, isTraced = false): Promise<Outcome> {
  const world = new World({ seed, startMicros: START, isTraced });
  const restore = world.install();
  try {
    const run = new Run(world);
    await run.play();
    const { machine, lives, events } = run;
    return {
      seed,
      hash: world.hash,
      events,
      frames: machine.oracle.nextOffset,
      ticks: machine.oracle.tickCount,
      lives,
      checks: machine.checks,
      violation: world.violation?.message,
      trace: world.trace,
    };
  } finally {
    restore();
  }
}

/** How often each thing happens, beside the process's own doings. */
const EVENTS = {
  deliver: 14,
  answer: 1,
  rubbish: 1,
  change: 1.2,
  stale: 0.3,
  sendLate: 1,
  stall: 0.5,
  stepClock: 0.2,
  fileFault: 0.6,
  healFiles: 0.6,
  obstacle: 0.4,
  liftObstacles: 0.8,
  spill: 0.15,
  askCoverage: 0.5,
  kill: 0.15,
  losePower: 0.15,
  stop: 0.1,
};
type EventName = keyof typeof EVENTS;
const KEPT: ReadonlySet<EventName> = new Set(['deliver', 'healFiles', 'liftObstacles']);
const OWN = ['begin', 'turn', 'reply', 'time'] as const;
type OwnEvent = (typeof OWN)[number];

class Run {
  readonly machine: Machine;
  lives = 0;
  events = 0;
  readonly #world: World;
  readonly #venue: SimulatedVenue;
  /** The first four are the process's own doings, weighed anew before each event. */
  readonly #choice: { readonly names: readonly (OwnEvent | EventName)[]; readonly weights: number[] };
  readonly #length: number;
  #life: Life | undefined;

  constructor(world: World) {
    this.#world = world;
    const { chance, between, pick } = {
      chance: (share: number) => world.chance(share),
      between: (from: number, to: number) => world.between(from, to),
      pick: (list: readonly number[]) => world.pick(list),
    };
    this.machine = new Machine(world, {
      memoryHours: between(1, 2),
      maxBufferedRows: pick([8, 40, 200, 5_000]),
      journal: {
        fileBytes: pick([1_000, 5_000, 30_000]),
        syncIntervalMs: pick([5, 20, 100]),
        maxPendingBytes: pick([2_000, 10_000, 100_000]),
      },
    });
    const share = (): number => (chance(0.5) ? 0 : pick([0.01, 0.05, 0.2]));
    this.#venue = new SimulatedVenue(world, this.machine.oracle, {
      lost: share(),
      doubled: share(),
      swapped: share(),
      late: share(),
    });
    for (const store of this.#stores()) store.faults = { refused: share(), doubt: share(), invalid: 0 };
    // Only the tick file's engine is opened again by the process that met its end.
    const { store } = this.machine.ticks;
    store.faults = { ...store.faults, invalid: share() / 4 };
    // Each seed leaves some kinds of events out, so that what is common does not always hide what is rare. What was
    // broken is mended some time.
    const names = Object.keys(EVENTS) as EventName[];
    const isKept = (name: EventName): boolean => KEPT.has(name) || chance(0.75);
    const weights = names.map((name) => (isKept(name) ? EVENTS[name] : 0));
    this.#choice = { names: [...OWN, ...names], weights: [...OWN.map(() => 0), ...weights] };
    this.#length = between(100, 700);
  }

  async play(): Promise<void> {
    while (this.events < this.#length && this.#world.violation === undefined) await this.#event();
    if (this.#world.violation === undefined) await this.#end();
  }

  async #event(): Promise<void> {
    this.events += 1;
    const { turns, operations, sleepers } = this.#world.waiting;
    const { weights } = this.#choice;
    weights[0] = this.#life === undefined ? 5 : 0;
    weights[1] = turns > 0 ? 40 : 0;
    weights[2] = operations > 0 ? 20 : 0;
    weights[3] = sleepers === 0 ? 0 : turns + operations > 0 ? 5 : 25;
    const name = this.#world.weighted(this.#choice);
    if (name === 'begin') await this.#begin();
    else if (name === 'turn') await this.#world.turn();
    else if (name === 'reply') await this.#world.answer();
    else if (name === 'time') await this.#world.wakeNext();
    else await this.#happen(name);
    this.#observe();
  }

  async #happen(name: EventName): Promise<void> {
    const world = this.#world;
    const life = this.#life;
    switch (name) {
      case 'stall':
        world.stall(world.pick([500, 5_000, 30_000, MINUTE_MS, 70 * MINUTE_MS]));
        break;
      case 'stepClock':
        world.step(world.pick([-60, -2, 2, 60]) * MINUTE_MICROS);
        break;
      case 'fileFault':
        this.#breakFiles();
        break;
      case 'healFiles':
        this.machine.files.heal();
        break;
      case 'obstacle':
        world.pick(this.#stores()).obstacle = world.pick(['full', 'held'] as const);
        break;
      case 'liftObstacles':
        for (const store of this.#stores()) store.obstacle = undefined;
        break;
      case 'kill':
        this.#kill('killed');
        break;
      case 'losePower':
        this.#kill('power lost');
        this.machine.files.losePower();
        break;
      case 'stop':
        if (life?.state === 'up') {
          world.say('stop');
          life.stop();
        }
        break;
      default:
        this.#toVenue(name);
    }
    await settled();
  }

  #toVenue(
    name: 'deliver' | 'answer' | 'rubbish' | 'change' | 'stale' | 'sendLate' | 'spill' | 'askCoverage',
  ): void {
    const life = this.#life;
    if (life?.parts === undefined || life.state !== 'up') return;
    const { sink, pipeline, flusher } = life.parts;
    const venue = this.#venue;
    switch (name) {
      case 'deliver':
        venue.trade(this.#world.between(0, 6));
        // A socket that is paused still gives what was read before.
        if (!life.isCongested || this.#world.chance(0.1)) venue.deliver(sink);
        break;
      case 'spill':
        this.#world.say('the buffer is given up');
        pipeline.buffer.spill();
        break;
      case 'askCoverage':
        flusher.askCoverage();
        break;
      case 'sendLate':
        venue.sendLate();
        break;
      default:
        if (!life.isCongested) venue[name](sink);
    }
  }

  async #begin(): Promise<void> {
    this.lives += 1;
    this.#world.say(`life ${this.lives}`);
    this.#life = new Life(this.machine);
    void this.#life.run();
    await settled();
  }

  #kill(how: string): void {
    this.#world.say(how);
    this.#world.kill();
    this.#venue.lostClient();
    this.#life = undefined;
  }

  #breakFiles(): void {
    const world = this.#world;
    const operation = world.pick([
      'write',
      'datasync',
      'open',
      'rename',
      'syncDirectory',
      'truncate',
      'read',
    ] as const);
    const code = world.pick(['ENOSPC', 'EIO'] as const);
    const times = world.chance(0.2) ? undefined : world.between(1, 3);
    this.machine.files.fail(operation, { code, times });
  }

  #stores(): FaultyStore[] {
    const { ticks, state, candles } = this.machine;
    return [ticks.store, state.store, candles.store];
  }

  #observe(): void {
    const { machine } = this;
    const parts = this.#life?.parts;
    machine.check(parts);
    if (this.#life?.state === 'ended') return this.#kill('the process ends');
    if (parts === undefined) return;
    const { journal, pipeline, flusher } = parts;
    this.#world.say(
      `${journal.nextOffset} ${journal.durableOffset} ${machine.ticks.appliedOffset} ${machine.status?.offset ?? 0} ` +
        `${pipeline.buffer.rows} ${flusher.health.state}`,
    );
  }

  /** Faults are over: the process comes up, catches up, is told everything again, ends in order, and so once more. */
  async #end(): Promise<void> {
    const { machine } = this;
    this.#world.say('faults are over');
    this.#world.isCalm = true;
    machine.files.heal();
    for (const store of this.#stores()) {
      store.obstacle = undefined;
      store.faults = NO_STORE_FAULTS;
    }
    for (let round = 0; round < 2 && this.#world.violation === undefined; round += 1) {
      await this.#until('comes up', () => this.#life?.state === 'up');
      const life = this.#life;
      const parts = life?.parts;
      if (parts === undefined || this.#world.violation !== undefined) return;
      // A life that faults had already doomed may still end; the next one then has to do all of it.
      const isOver = (): boolean => this.#life !== life;
      this.#venue.listen(parts.sink);
      for (const tell of this.#venue.everything(parts.sink)) {
        await this.#until('makes frames durable', () => isOver() || !parts.journal.isCongested);
        if (isOver()) break;
        tell();
      }
      const { journal } = parts;
      await this.#until(
        'makes frames durable',
        () => isOver() || journal.durableOffset === journal.nextOffset,
      );
      if (isOver()) {
        round -= 1;
        continue;
      }
      life?.stop();
      await this.#until('ends in order', () => life?.state === 'ended');
      if (life?.failure !== undefined) this.#world.violated(`ended with ${String(life.failure)}`);
      else if (life?.isSettled !== true)
        this.#world.violated('could not store and publish everything at the end');
      const { pipeline, instruments } = parts;
      machine.checkEnd(
        ({ instrument, openTime }) =>
          !pipeline.gaps.overlaps(instruments.indexOf(instrument), openTime, openTime + MINUTE_MICROS),
      );
    }
  }

  /** Lets the process go on, undisturbed. What does not come to pass within the limits hangs. */
  async #until(what: string, isSo: () => boolean): Promise<void> {
    const world = this.#world;
    const endMicros = world.elapsedMicros + END_LIMIT_MS * 1_000;
    for (let events = 0; world.violation === undefined && !isSo(); events += 1) {
      this.events += 1;
      if (this.#life === undefined) await this.#begin();
      const { turns, operations, sleepers } = world.waiting;
      if (turns > 0) await world.turn();
      else if (operations > 0) await world.answer();
      else if (sleepers > 0) await world.wakeNext();
      else await settled();
      this.#observe();
      if (events < END_EVENTS_MAX && world.elapsedMicros < endMicros) continue;
      world.violated(`hangs: it never ${what}; state ${this.#life?.state}, ${JSON.stringify(world.waiting)}`);
    }
  }
}
