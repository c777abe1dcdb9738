import type { SimulatedInstrument } from '../market/instruments.ts';
import { ApiError, invalidSymbol } from './api-error.ts';

const INTEGER = /^[0-9]{1,16}$/;
const SYMBOL_CHARACTERS = /^[A-Z0-9]{1,20}$/;
const DEFAULT_LIMIT = 500;
const MAX_LIMIT = 1000;

/** The parameters of a REST request, read by Binance's rules. Each reader throws the ApiError that Binance answers. */
export class Parameters {
  readonly #given: URLSearchParams;
  readonly #read = new Set<string>();

  constructor(given: URLSearchParams) {
    this.#given = given;
  }

  /** A parameter's text; undefined when it is absent or empty. */
  text(name: string): string | undefined {
    this.#read.add(name);
    return this.#given.get(name) || undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value !== undefined) return value;
    throw new ApiError(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
  }

  integer(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (INTEGER.test(text) && Number.isSafeInteger(value)) return value;
    throw illegal(name, '^[0-9]{1,16}$');
  }

  /** 500 unless told; more than 1,000 is taken as 1,000. */
  limit(): number {
    const limit = this.integer('limit') ?? DEFAULT_LIMIT;
    if (limit > 0) return Math.min(limit, MAX_LIMIT);
    throw new ApiError(-1130, "Data sent for parameter 'limit' is not valid.");
  }

  instrument(instruments: ReadonlyMap<string, SimulatedInstrument>): SimulatedInstrument {
    const symbol = this.required('symbol');
    if (!SYMBOL_CHARACTERS.test(symbol)) throw illegal('symbol', '^[A-Z0-9]{1,20}$');
    const found = instruments.get(symbol);
    if (found === undefined) throw invalidSymbol();
    return found;
  }

  /** Refuses what no reader asked for. */
  refuseOthers(): void {
    const sent = [...new Set(this.#given.keys())];
    const read = sent.filter((name) => this.#read.has(name)).length;
    if (read === sent.length) return;
    throw new ApiError(
      -1104,
      `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent.length}'.`,
    );
  }
}

function illegal(name: string, range: string): ApiError {
  return new ApiError(-1100, `Illegal characters found in parameter '${name}'; legal range is '${range}'.`);
}
