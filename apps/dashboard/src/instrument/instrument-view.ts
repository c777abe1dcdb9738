import { INTERVALS } from '@tickwright/market';
import type { Interval } from '@tickwright/market';
import { INDICATORS } from '../charts/indicator-lines.ts';

/** What is looked at; all of it stands in the address. */
export interface InstrumentView {
  readonly instrument: string;
  readonly interval: Interval;
  readonly indicators: readonly string[];
}

const USUAL_INDICATORS = ['ema21', 'vwap'];

export function readInstrumentView(pathname: string, search: string): InstrumentView {
  const parameters = new URLSearchParams(search);
  const asked = parameters.get('interval');
  const interval = INTERVALS.find((each) => each === asked) ?? '1m';
  const shown = parameters.get('show');
  const known = INDICATORS.map(({ id }) => id);
  return {
    instrument: decode(pathname.replace(/^\/instrument\//, '')),
    interval,
    indicators: shown === null ? USUAL_INDICATORS : shown.split(',').filter((id) => known.includes(id)),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An interval in the address that there is none of; undefined when it is right or absent. */
export function wrongInterval(search: string): string | undefined {
  const asked = new URLSearchParams(search).get('interval');
  return asked === null || INTERVALS.some((each) => each === asked) ? undefined : asked;
}

export function instrumentViewAddress(view: InstrumentView): string {
  const parameters = new URLSearchParams({ interval: view.interval });
  if (view.indicators.join() !== USUAL_INDICATORS.join()) parameters.set('show', view.indicators.join(','));
  return `${location.pathname}?${parameters.toString()}`;
}
