import type { InstrumentTable } from '@tickwright/market';
import type { FrameBlock, Journal } from '@tickwright/journal';
import type { Status } from '@tickwright/store';
import type { Pipeline } from '../intake/pipeline.ts';
import { CandleDisk, nameOf } from './candle-store-fixture.ts';
import type { PublishedCandle } from './candle-store-fixture.ts';
import type { LifeParts } from './life-fixture.ts';
import { Oracle, candleDifference } from './oracle-fixture.ts';
import { SickFiles } from './sick-files-fixture.ts';
import { SimulatedStateStore } from './state-store-fixture.ts';
import { TickDisk } from './tick-store-fixture.ts';
import type { World } from './world-fixture.ts';

/** The sizes of a seed's run. */
export interface Plan {
  readonly memoryHours: number;
  readonly maxBufferedRows: number;
  readonly journal: {
    readonly fileBytes: number;
    readonly syncIntervalMs: number;
    readonly maxPendingBytes: number;
  };
}

/** A block of the journal and a frame: what pending bytes may pass their hard limit by. */
const BLOCK_SLACK_BYTES = 1024 * 1024 + 64 * 1024;
const WAITING_MAX = 200;

/** What outlives a process, what must be true of it, and the oracle that knows. */
export class Machine {
  readonly oracle = new Oracle();
  readonly files: SickFiles;
  readonly ticks: TickDisk;
  readonly state: SimulatedStateStore;
  readonly candles: CandleDisk;
  status: Status | undefined;
  readonly checks = { cheap: 0, whole: 0, commits: 0, publications: 0, journals: 0 };
  #journal: Journal | undefined;
  #durableBefore = 0;

  constructor(
    readonly world: World,
    readonly plan: Plan,
  ) {
    this.files = new SickFiles(world);
    this.state = new SimulatedStateStore(world);
    this.ticks = new TickDisk(world, (added, span) => {
      this.checks.commits += 1;
      const wrong = this.oracle.wrongWith(added, span);
      if (wrong !== undefined) world.violated(`the store is no fold of the journal: ${wrong}`);
      if (span.to > this.#durable)
        world.violated(`ticks up to ${span.to} are stored, and only ${this.#durable} frames are durable`);
    });
    this.candles = new CandleDisk(world, (candles) => {
      this.checks.publications += 1;
      for (const candle of candles) {
        if (candle.version < this.#durable) continue;
        world.violated(
          `${nameOf(candle)} is published as of frame ${candle.version}, and only ${this.#durable} are durable`,
        );
      }
    });
  }

  get #durable(): number {
    return this.#journal?.durableOffset ?? 0;
  }

  /** Has the oracle learn every frame that is appended from now on. */
  record(journal: Journal): void {
    this.#journal = journal;
    const append = journal.append.bind(journal);
    journal.append = (source, receiveMicros, bytes) => {
      const offset = append(source, receiveMicros, bytes);
      if (offset !== this.oracle.nextOffset)
        this.world.violated(`a frame got offset ${offset} instead of ${this.oracle.nextOffset}`);
      this.oracle.took({ receiveMicros, bytes });
      return offset;
    };
  }

  /**
   * After a start: what was durable is there, and all that is there is as it was written. Frames that were never called
   * durable may be gone, also from before others that are left.
   */
  async compareJournal(journal: Journal, blocks: AsyncIterable<FrameBlock>): Promise<void> {
    this.checks.journals += 1;
    const { oracle, world } = this;
    const found = new Set<number>();
    for await (const block of blocks) {
      for (let frame = 0; frame < block.count; frame += 1) {
        const offset = block.firstOffset + frame;
        const bytes = block.bytes.subarray(block.start[frame], block.end[frame]);
        if (oracle.frame(offset)?.equals(bytes) !== true)
          world.violated(`frame ${offset} is not what was written`);
        found.add(offset);
      }
    }
    const end = Math.max(-1, ...found) + 1;
    if (end !== journal.nextOffset)
      world.violated(`the journal ends at ${end} and goes on at ${journal.nextOffset}`);
    for (let offset = 0; offset < oracle.durable; offset += 1) {
      if (oracle.frame(offset) !== undefined && !found.has(offset))
        world.violated(`frame ${offset} was durable, and is gone after a crash`);
    }
    world.say(
      `the journal holds ${found.size} frames of ${oracle.nextOffset}; ${oracle.durable} were durable`,
    );
    if (found.size !== oracle.nextOffset) oracle.keep(found);
    oracle.durable = journal.durableOffset;
    this.#durableBefore = journal.durableOffset;
  }

  published(status: Status): void {
    this.status = status;
    this.checks.whole += 1;
    const expected = this.oracle.candles(Infinity);
    const found = new Map([...this.candles.candles()].map((candle) => [nameOf(candle), candle]));
    for (const [name, candle] of expected) {
      // Ticks behind the offset may be in the file already, or not.
      if (candle.newestOffset >= status.offset) continue;
      const difference = candleDifference(candle, found.get(name));
      if (difference !== undefined)
        this.world.violated(`published up to ${status.offset}, but ${difference}`);
    }
  }

  /** Whole form, at a moment when all that came is folded: candles in memory, and gaps. */
  compareMemory(parts: { pipeline: Pipeline; instruments: InstrumentTable; segment: string }): void {
    const { pipeline, instruments, segment } = parts;
    this.checks.whole += 1;
    const { nextOffset, candles, gaps } = pipeline;
    const { floorMicros } = candles;
    const expected = this.oracle.candles(nextOffset);
    let left = [...expected.values()].filter(({ openTime }) => openTime >= floorMicros).length;
    for (const hour of candles.hoursInMemory(segment)) {
      const rows = candles.hourRows(segment, hour, () => true);
      left -= rows.count;
      for (let row = 0; row < rows.count; row += 1) {
        const instrument = instruments.at(rows.instrument[row]).key;
        const name = nameOf({ instrument, openTime: rows.openTime[row] });
        const wanted = expected.get(name);
        if (wanted === undefined) {
          this.world.violated(`a candle in memory that no tick belongs to: ${name}`);
          continue;
        }
        const found = { ...wanted };
        for (const column of ['open', 'high', 'low', 'close', 'volume', 'tradeCount'] as const)
          found[column] = rows[column][row];
        const difference = candleDifference(wanted, found);
        if (difference !== undefined) this.world.violated(`in memory as of ${nextOffset}: ${difference}`);
      }
    }
    if (left !== 0) this.world.violated(`${left} candles are not in memory as of ${nextOffset}`);
    const unnamed = this.oracle.unnamedHoles(nextOffset, gaps.list());
    if (unnamed.length > 0)
      this.world.violated(
        `missing ids that no gap names as of ${nextOffset}: ${unnamed.slice(0, 5).join(', ')}`,
      );
  }

  /** Cheap form, after every event. */
  check(parts: LifeParts | undefined): void {
    this.checks.cheap += 1;
    const { world, oracle, plan } = this;
    if (parts !== undefined) {
      const { journal, pipeline } = parts;
      const { durableOffset, pendingBytes, nextOffset } = journal;
      if (durableOffset < this.#durableBefore) world.violated('the durable offset went back');
      this.#durableBefore = durableOffset;
      oracle.durable = Math.max(oracle.durable, durableOffset);
      if (durableOffset > nextOffset || nextOffset !== oracle.nextOffset)
        world.violated(`journal at ${nextOffset}, durable ${durableOffset}, appended ${oracle.nextOffset}`);
      if (pendingBytes > 2 * plan.journal.maxPendingBytes + BLOCK_SLACK_BYTES)
        world.violated(`${pendingBytes} bytes are pending in the journal`);
      if (pipeline.buffer.rows > plan.maxBufferedRows)
        world.violated(`${pipeline.buffer.rows} rows are buffered`);
    }
    if (this.ticks.appliedOffset > oracle.durable) world.violated('stored beyond what is durable');
    if ((this.status?.offset ?? 0) > oracle.durable) world.violated('published beyond what is durable');
    const { turns, operations, sleepers } = world.waiting;
    if (turns + operations + sleepers > WAITING_MAX)
      world.violated(`${turns} turns, ${operations} operations and ${sleepers} sleepers wait`);
  }

  /** After an orderly end with no fault left: everything is everywhere. */
  checkEnd(isComplete: (candle: PublishedCandle) => boolean): void {
    const { oracle, world } = this;
    if (this.ticks.appliedOffset !== oracle.nextOffset)
      world.violated(`stored up to ${this.ticks.appliedOffset} of ${oracle.nextOffset} frames at the end`);
    if (this.ticks.ticks.length !== oracle.tickCount)
      world.violated(`${this.ticks.ticks.length} ticks are stored instead of ${oracle.tickCount}`);
    const expected = oracle.candles(Infinity);
    const found = [...this.candles.candles()];
    for (const candle of found) {
      const name = nameOf(candle);
      const wanted = expected.get(name);
      const difference = wanted === undefined ? `${name} has no tick` : candleDifference(wanted, candle);
      if (difference !== undefined) world.violated(`at the end: ${difference}`);
      expected.delete(name);
      if ((candle.isComplete === 1) !== isComplete(candle))
        world.violated(`at the end ${name} is published with isComplete ${candle.isComplete}`);
    }
    for (const name of expected.keys()) world.violated(`at the end ${name} is not published`);
  }
}
