import type { Calendars, InstrumentRow, InstrumentTable } from '@tickwright/market';
import type { DateOf } from '../tick-storage/sealed-parts.ts';
import { utcDate } from '../candles/candle-paths.ts';
import { TickFileError } from '../tick-storage/tick-state.ts';

/** More decimals cannot be summed exactly by the engine, whose DECIMAL has 38 digits. */
const DECIMALS_MAX = 18;

/** Instruments as stored. Throws a TickFileError for decimals that candles could not be verified with. */
export function instrumentRows(table: InstrumentTable, numbers: readonly number[]): InstrumentRow[] {
  return numbers.map((number) => {
    const { key, venueSymbol, priceDecimals, quantityDecimals, calendar } = table.at(number);
    if (quantityDecimals <= DECIMALS_MAX)
      return { key, venueSymbol, priceDecimals, quantityDecimals, calendar };
    throw new TickFileError(
      `cannot store ${key}: it has ${quantityDecimals} decimals of quantity, at most ${DECIMALS_MAX} can be summed exactly`,
      { code: 'tick-file-decimals' },
    );
  });
}

/** A segment's date by the calendar of its first instrument; UTC for a segment that the table does not have. */
export function segmentDate(table: InstrumentTable, calendars: Calendars): DateOf {
  return (segment, micros) => {
    const instrument = table.list().find((candidate) => candidate.segment === segment);
    return instrument === undefined ? utcDate(micros) : calendars(instrument.calendar).dateOf(micros);
  };
}
