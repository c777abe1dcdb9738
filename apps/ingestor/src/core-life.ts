import { join } from 'node:path';
import type { ControlEvent, Instrument, InstrumentRow } from '@tickwright/market';
import { JournalFullError } from '@tickwright/journal';
import type { Core, CoreOptions } from './core.ts';
import { recordOwnEvent } from './intake/journal-sink.ts';
import type { OpenedParts } from './opened-parts.ts';
import { previousRun } from './previous-run.ts';
import type { LateOpening } from './ticks/late-opening.ts';

/** At the end of a run the stores may take so long; the journal is closed after it in any case. */
const SETTLE_MAX_MS = 5_000;

type CoreParts = Omit<
  Core,
  | 'dataDir'
  | 'log'
  | 'clock'
  | 'isTakingFrames'
  | 'begin'
  | 'register'
  | 'stateLoss'
  | 'store'
  | 'publish'
  | 'settle'
  | typeof Symbol.asyncDispose
> & { readonly opening: LateOpening };

/** What a core does with its open parts: its begin, its work while it runs, and its end in order. */
export function coreOf({ opening, ...parts }: CoreParts, options: CoreOptions, opened: OpenedParts): Core {
  const { journal, pipeline, flusher, aggregator, instruments } = parts;
  const { dataDir, log, clock, instance } = options;
  let hasBegun = false;
  const record = (event: ControlEvent): void => recordOwnEvent({ journal, pipeline, clock }, event);
  const settle = async (signal?: AbortSignal): Promise<boolean> => {
    if (!pipeline.isLive) return false;
    // Twice: a cycle that was already running when it was asked for does not contain the newest frames.
    await flusher.flush(signal);
    const isFlushed = await flusher.flush(signal);
    await aggregator.cycle({ signal });
    const isPublished = await aggregator.cycle({ signal });
    return isFlushed && isPublished;
  };
  /** A journal that takes no more for want of a disk: the next start finds that this run did not end in order. */
  const recordEnd = (): void => {
    try {
      record({ type: 'stopped', instance });
    } catch (error) {
      if (!(error instanceof JournalFullError)) throw error;
      log.warn({ error: error.message }, 'the end of this run could not be journaled');
    }
  };
  /** A disk that takes nothing must not hold up the end. */
  const settleInTime = async (): Promise<void> => {
    const [late, settled] = [new AbortController(), new AbortController()];
    const limit = clock.sleep(SETTLE_MAX_MS, settled.signal).then(
      () => late.abort(),
      () => undefined,
    );
    const isSettled = await settle(late.signal);
    settled.abort();
    await limit;
    if (!isSettled) log.warn({ dataDir }, 'not all could be stored at the end; it follows at the next start');
  };
  return {
    ...parts,
    dataDir,
    log,
    clock,
    settle,
    store: (signal) => (pipeline.isLive ? flusher.flush(signal) : opening.round(signal)),
    publish: async (options) => pipeline.isLive && aggregator.cycle(options),
    get isTakingFrames() {
      return hasBegun;
    },
    async begin() {
      record({
        type: 'started',
        instance,
        previous: await previousRun(join(dataDir, 'journal'), journal.nextOffset),
      });
      hasBegun = true;
    },
    register(wanted) {
      const rows = wanted.filter(({ key }) => instruments.indexOf(key) < 0).map(instrumentRow);
      if (rows.length > 0) record({ type: 'instruments', rows });
    },
    stateLoss(reason, spans) {
      if (spans.length > 0) record({ type: 'lost', reason, spans });
    },
    /** An event that says so, everything stored and published, then the files closed. */
    async [Symbol.asyncDispose]() {
      try {
        if (hasBegun) {
          recordEnd();
          flusher.askCoverage();
          await settleInTime();
        }
      } finally {
        await opened.close();
      }
    },
  };
}

function instrumentRow(instrument: Instrument): InstrumentRow {
  const { key, venueSymbol, priceDecimals, quantityDecimals, calendar } = instrument;
  return { key, venueSymbol, priceDecimals, quantityDecimals, calendar };
}
