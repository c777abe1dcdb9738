import type { JobReader, JobView } from '@tickwright/jobs';
import { inputOf } from './chunk-input.ts';
import type { InstrumentInput } from './chunk-input.ts';
import { INSTRUMENT_KIND } from './handlers.ts';

/** The jobs of instruments that have not come to their end, each with its instrument. */
export function inHand(view: JobReader): { job: JobView; instrument: string }[] {
  return view
    .runs()
    .filter(({ state }) => state === 'running')
    .flatMap(({ id }) => view.jobs({ run: id }))
    .filter((job) => job.kind === INSTRUMENT_KIND && !isEnded(job))
    .map((job) => ({ job, instrument: inputOf<InstrumentInput>(job.input).instrument }));
}

export function isEnded({ state }: JobView): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled' || state === 'skipped';
}
