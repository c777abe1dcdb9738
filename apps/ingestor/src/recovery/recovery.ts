import type { JobView, RunId } from '@tickwright/jobs';
import type { Gap, GapVerdict } from '@tickwright/market';
import { loopService } from '@tickwright/runtime';
import type { Service } from '@tickwright/runtime';
import type { Jobs } from '../jobs/jobs.ts';
import { Attempts } from './attempts.ts';
import { asJson, inputOf } from './chunk-input.ts';
import type { ChunkInput, CoverageInput, InstrumentInput } from './chunk-input.ts';
import type { RecoveryContext } from './context.ts';
import { NewInstruments } from './new-instruments.ts';
import { INSTRUMENT_KIND, INSTRUMENT_RETRY, aheadOf, handleRecovery } from './handlers.ts';
import { inHand, isEnded } from './in-hand.ts';
import type { RecoveryProgress } from './recovery-meter.ts';
import { record } from './verdict.ts';

/** Gaps are looked at this often. */
const LOOK_MS = 500;
/** After a look that failed, as when the queue's database finds no room. */
const FAILED_LOOK_MS = 5_000;
/** Instruments of one run; the rest is the next one's. */
const RUN_INSTRUMENTS_MAX = 5_000;
/** Runs that are under way at a time. */
const RUNS_MAX = 16;
const RUN_NAME = 'recovery';
/** A long recovery says so in the log this often. */
const TOLD_MS = 10_000;

export interface RecoveryOptions {
  readonly context: RecoveryContext;
  readonly jobs: Jobs;
  /** A gap is left alone for so long: what was reordered comes by itself, and a stream that comes back ends its gap. */
  readonly settleMs: number;
  /** Hours of trading before an instrument was first seen that the venue's candles are asked for; 0: none. */
  readonly warmUpHours: number;
  /** Called with each look while anything is under way, and once when nothing is any more. */
  readonly onProgress?: (report: RecoveryReport) => void;
}

/** What recovery is doing, for status and for a terminal. */
export interface RecoveryReport extends RecoveryProgress {
  readonly state: 'idle' | 'running';
  readonly instruments: number;
  readonly openGaps: number;
}

/**
 * Sees to it that gaps are filled, from the start on and whenever one opens: enqueues a run with a job for each instrument
 * that has gaps, one at a time an instrument, and looks at what is left of them later again. What is stored and what is
 * missing stands in the ledger; what is being done about it stands in the queue. Losing either costs time alone.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #attempts: Attempts;
  readonly #new: NewInstruments;
  /** By instrument, the run that has it in hand: one that the process before left, or that is being enqueued, too. */
  readonly #active = new Map<string, RunId>();
  #isResumed = false;
  #seenChanges = -1;
  #openGaps = 0;
  #wasRunning = false;
  #toldMs = 0;
  #notBeforeMs = 0;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    const { clock, core } = options.context;
    this.#attempts = new Attempts({ clock, settleMs: options.settleMs });
    this.#new = new NewInstruments({ clock, core });
    handleRecovery(options.jobs, options.context, options);
    // At once, not with the first look: until then it would be called idle while its jobs are being done.
    for (const { job, instrument } of inHand(options.jobs.queue.view)) this.#active.set(instrument, job.run);
  }

  service(): Service {
    const { clock } = this.#options.context;
    return loopService({ name: RUN_NAME, clock, intervalMs: LOOK_MS, work: () => this.#look() });
  }

  report(): RecoveryReport {
    const { context } = this.#options;
    return {
      state: this.#active.size === 0 ? 'idle' : 'running',
      instruments: this.#active.size,
      openGaps: this.#openGaps,
      ...context.meter.progress(),
    };
  }

  /** Never rejects: live ticks go on without recovery, which tries again. */
  async #look(): Promise<void> {
    const { clock, log } = this.#options.context;
    if (clock.monotonicMs() < this.#notBeforeMs) return;
    try {
      await this.round();
    } catch (error) {
      this.#notBeforeMs = clock.monotonicMs() + FAILED_LOOK_MS;
      log.warn({ error: String(error) }, 'recovery could not go on; it tries again');
    }
  }

  /** One look: what has ended, what is due. */
  async round(): Promise<void> {
    const { context } = this.#options;
    if (!context.core.pipeline.isLive || context.isPaused()) return;
    if (!this.#isResumed) await this.#resume();
    this.#settleEnded();
    this.#tell();
    const wanted = this.#due();
    if (wanted.length === 0 || new Set(this.#active.values()).size >= RUNS_MAX) return;
    await this.#enqueue(wanted.slice(0, RUN_INSTRUMENTS_MAX));
  }

  #tell(): void {
    const { context, onProgress } = this.#options;
    const { clock, log } = context;
    const isRunning = this.#active.size > 0;
    if (!isRunning && !this.#wasRunning) return;
    const report = this.report();
    onProgress?.(report);
    if (isRunning && !this.#wasRunning) this.#toldMs = clock.monotonicMs();
    if (!isRunning) log.info({ ...report }, 'recovery has nothing more to do');
    else if (clock.monotonicMs() - this.#toldMs >= TOLD_MS) {
      this.#toldMs = clock.monotonicMs();
      log.info({ ...report }, 'recovery goes on');
    }
    this.#wasRunning = isRunning;
  }

  /** What the run before had in hand goes on; what nobody here can ask for any more does not. */
  async #resume(): Promise<void> {
    const { jobs, context } = this.#options;
    const { view } = jobs.queue;
    for (const { job, instrument } of inHand(view)) {
      if (context.histories.of(instrument) === undefined) {
        await jobs.queue.cancel(job.id, `${instrument} has no history here any more`);
        continue;
      }
      if (job.state !== 'expanded') context.meter.expect(instrument);
      const left = view.children(job.id).filter((child) => !isEnded(child));
      for (const child of left) aheadOf(context, [child], child.run);
    }
    this.#isResumed = true;
  }

  #settleEnded(): void {
    const { view } = this.#options.jobs.queue;
    for (const run of new Set(this.#active.values())) {
      for (const job of view.hasRun(run) ? view.jobs({ run }) : []) {
        if (job.kind !== INSTRUMENT_KIND || !isEnded(job)) continue;
        const { instrument } = inputOf<InstrumentInput>(job.input);
        if (this.#active.get(instrument) === run) this.#settle(instrument, job);
      }
    }
    for (const [instrument, run] of this.#active) {
      if (view.hasRun(run)) continue;
      this.#active.delete(instrument);
      this.#options.context.meter.planned(instrument);
    }
  }

  /** Whatever could not be filled is open again, and says why. */
  #settle(instrument: string, job: JobView): void {
    const { context, jobs } = this.#options;
    this.#active.delete(instrument);
    context.meter.planned(instrument);
    context.meter.endBelow(job.id);
    const { pipeline } = context.core;
    pipeline.settle();
    const reasons = reasonsOf(job, jobs.queue.view.children(job.id));
    const verdicts = pipeline.gaps
      .unfilledOf(instrument)
      .filter(({ state }) => state === 'filling')
      .map((gap): GapVerdict => {
        const reason = reasons.get(gap.id) ?? reasons.get('') ?? gap.reason ?? 'not filled yet';
        return { id: gap.id, state: 'open', reason };
      });
    record(
      context,
      verdicts.map((verdict) => ({ verdict })),
    );
    this.#attempts.ended(instrument, this.#signatureOf(instrument));
  }

  /** Instruments with gaps, or seen for the first time, whose time has come. */
  #due(): InstrumentInput[] {
    const { context, warmUpHours } = this.#options;
    const { pipeline } = context.core;
    const warmUps = warmUpHours > 0 ? this.#new.due() : new Map<string, number>();
    const { changes } = pipeline.gaps;
    if (changes !== this.#seenChanges || this.#attempts.isAnyDue() || warmUps.size > 0) {
      this.#seenChanges = changes;
      const open = pipeline.gaps.open();
      this.#openGaps = open.length;
      this.#attempts.see(signatures(open, (key) => pipeline.gaps.seenSinceMicros(key)));
    }
    const wanted = new Map<string, number>();
    for (const instrument of this.#attempts.due()) wanted.set(instrument, 0);
    for (const [instrument, micros] of warmUps) wanted.set(instrument, micros);
    return [...wanted]
      .filter(([key]) => !this.#active.has(key) && context.histories.of(key) !== undefined)
      .map(([instrument, warmUpFromMicros]) => ({ instrument, warmUpFromMicros }));
  }

  async #enqueue(wanted: readonly InstrumentInput[]): Promise<void> {
    const { jobs, context } = this.#options;
    const run = `${RUN_NAME}/${new Date(context.clock.nowMicros() / 1_000).toISOString()}`;
    // Before it is stored: its jobs may be begun by then. One that is not stored is given up at the next look.
    for (const { instrument } of wanted) this.#active.set(instrument, run);
    await jobs.queue.enqueue({
      name: RUN_NAME,
      id: run,
      jobs: wanted.map((input) => ({
        key: input.instrument,
        kind: INSTRUMENT_KIND,
        input: asJson(input),
        retry: INSTRUMENT_RETRY,
      })),
    });
    for (const { instrument, warmUpFromMicros } of wanted) {
      this.#attempts.begun(instrument);
      context.meter.expect(instrument);
      if (warmUpFromMicros > 0) this.#new.begun(instrument);
    }
    context.log.info({ run, instruments: wanted.length }, 'recovery has begun');
  }

  #signatureOf(instrument: string): string {
    const { gaps } = this.#options.context.core.pipeline;
    const open = gaps.unfilledOf(instrument).filter(({ state }) => state === 'open' || state === 'filling');
    return signatures(open, (key) => gaps.seenSinceMicros(key)).get(instrument) ?? '';
  }
}

/** By gap, why nothing came of it; under the empty id what holds for all of the instrument. */
function reasonsOf(job: JobView, children: readonly JobView[]): Map<string, string> {
  const reasons = new Map<string, string>();
  if (job.reason !== undefined) reasons.set('', job.reason);
  for (const { state, reason, input } of children) {
    if ((state !== 'failed' && state !== 'cancelled') || reason === undefined) continue;
    reasons.set(inputOf<ChunkInput | CoverageInput>(input).gap, reason);
  }
  return reasons;
}

/** By instrument, what its gaps are: an attempt that failed is made again at once only when they have changed. */
function signatures(open: readonly Gap[], seenSince: (key: string) => number): Map<string, string> {
  const found = new Map<string, string>();
  for (const { instrument, id, fromId, toId, toMicros } of open) {
    const gap = `${id} ${fromId} ${toId} ${toMicros}`;
    const before = found.get(instrument);
    found.set(instrument, before === undefined ? `${seenSince(instrument)} ${gap}` : `${before} ${gap}`);
  }
  return found;
}
