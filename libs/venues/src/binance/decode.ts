import { IdSpace, Side, TickKind } from '@tickwright/market';
import type { InstrumentTable, TickBatch } from '@tickwright/market';
import { countOther, Decoded, decoderCounts, MAX_TICKS_A_FRAME } from '../decoder.ts';
import type { Decoder, DecoderCounts, DecoderOptions, RejectReason, StreamKind } from '../decoder.ts';
import { isFields, parseJson } from '../json/json-value.ts';
import { MAX_ANSWER_BYTES, MAX_FRAME_BYTES } from '../limits.ts';
import { tellPage } from '../page-decoding.ts';
import { SymbolIndex } from '../symbol-index.ts';
import { klineMinutes, klinePage, readKlines } from './candles.ts';
import { parseFrame, parseRow, venueTimeMicros } from './parse.ts';
import type { ParsedTrade } from './parse.ts';
import { Maker, Mark, Num, Scan, scanFrame, ScanResult } from './scan.ts';

// Constants of this module are folded into the machine code, imported ones are looked up for every frame.
const { unsure: UNSURE, other: OTHER, aggTrade: AGG_TRADE } = Scan;
const { symbolStart: SYMBOL_START, symbolEnd: SYMBOL_END, symbolHash: SYMBOL_HASH, maker: MAKER } = Mark;
const { price: PRICE, quantity: QUANTITY, time: TIME, tradeId: TRADE_ID, aggTradeId: AGG_TRADE_ID } = Num;
const { buyer: BUYER_MADE, seller: SELLER_MADE } = Maker;
const { buy: BUY, sell: SELL, unknown: UNKNOWN } = Side;
const { trade: SPACE_TRADE, aggTrade: SPACE_AGG_TRADE } = IdSpace;
const { trade: KIND_TRADE } = TickKind;
const { ticks: TICKS } = Decoded;
const FRAME_LIMIT = MAX_FRAME_BYTES;

/**
 * Decodes Binance spot: trade and aggTrade messages, raw or combined, and the answers of /historicalTrades, /trades
 * and /aggTrades; with `onCandlePage` those of /klines too. Source: binance-spot-api-docs, web-socket-streams.md and rest-api.md.
 *
 *     {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,
 *      "p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}
 *
 * `eventTime` is T, the time of the trade. `m` says that the buyer was the maker, so the seller was the aggressor.
 */
export class BinanceDecoder implements Decoder {
  readonly counts: DecoderCounts = decoderCounts();
  readonly #symbols: SymbolIndex;
  readonly #unwanted: StreamKind | undefined;
  readonly #onRejected: DecoderOptions['onRejected'];
  readonly #onCandlePage: DecoderOptions['onCandlePage'];
  readonly #scan = new ScanResult();

  constructor(instruments: InstrumentTable, segment: string, options: DecoderOptions = {}) {
    this.#symbols = new SymbolIndex(instruments, segment);
    this.#unwanted =
      options.streamKind === undefined ? undefined : options.streamKind === 'trade' ? 'aggTrade' : 'trade';
    this.#onRejected = options.onRejected;
    this.#onCandlePage = options.onCandlePage;
  }

  decode(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    if (bytes.length > FRAME_LIMIT) return this.#reject('oversized', bytes);
    const kind = scanFrame(bytes, this.#scan);
    if (kind === UNSURE) return this.#decodeSlowly(bytes, receiveTimeMicros, offset, into);
    if (kind === OTHER) return this.#other(bytes);
    const { numbers, marks } = this.#scan;
    const isAggregate = kind === AGG_TRADE;
    if (this.#isUnwanted(isAggregate)) return this.#countOther(isAggregate ? 'aggTrade' : 'trade');
    const start = marks[SYMBOL_START];
    const instrument = this.#symbols.find(bytes, start, marks[SYMBOL_END], marks[SYMBOL_HASH]);
    if (instrument < 0) return this.#reject('unknownInstrument', bytes);
    const eventTime = venueTimeMicros(numbers[TIME]);
    if (eventTime < 0) return this.#reject('badTime', bytes);
    const maker = marks[MAKER];
    const row = into.count++;
    into.instrument[row] = instrument;
    into.eventTime[row] = eventTime;
    into.receiveTime[row] = receiveTimeMicros;
    into.price[row] = numbers[PRICE];
    into.quantity[row] = numbers[QUANTITY];
    into.volume[row] = numbers[QUANTITY];
    into.side[row] = maker === BUYER_MADE ? SELL : maker === SELLER_MADE ? BUY : UNKNOWN;
    into.kind[row] = KIND_TRADE;
    into.idSpace[row] = isAggregate ? SPACE_AGG_TRADE : SPACE_TRADE;
    into.tradeId[row] = isAggregate ? numbers[AGG_TRADE_ID] : numbers[TRADE_ID];
    into.cumulativeVolume[row] = -1;
    into.offset[row] = offset;
    into.index[row] = 0;
    this.counts.ticks++;
    return TICKS;
  }

  decodeAnswer(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    if (bytes.length > MAX_ANSWER_BYTES) return this.#reject('oversized', bytes);
    const lineEnd = bytes.indexOf(0x0a);
    if (lineEnd < 0) return this.#reject('malformed', bytes);
    const { endpoint, symbol, query } = readPath(bytes.toString('latin1', 0, lineEnd));
    const rows = parseJson(bytes.toString('utf8', lineEnd + 1));
    if (rows === undefined) return this.#reject('malformed', bytes);
    if (endpoint === 'klines' && this.#onCandlePage !== undefined)
      return this.#decodeKlines(rows, { bytes, symbol, query, receiveMicros: receiveTimeMicros, offset });
    const isAggregate = endpoint === 'aggTrades';
    const isTrades = isAggregate || endpoint === 'trades' || endpoint === 'historicalTrades';
    if (!isTrades || isFields(rows) || this.#isUnwanted(isAggregate)) return this.#countOther(endpoint);
    if (!Array.isArray(rows)) return this.#reject('unknownLayout', bytes);
    if (rows.length > MAX_TICKS_A_FRAME) return this.#reject('oversized', bytes);
    if (rows.length === 0) return this.#countOther('emptyAnswer');
    const instrument = this.#symbols.findText(symbol);
    if (instrument < 0) return this.#reject('unknownInstrument', bytes);
    const before = into.count;
    for (let index = 0; index < rows.length; index++) {
      const parsed = parseRow(rows[index], { symbol, isAggregate });
      if (parsed.what === 'trade') {
        this.#append(parsed.trade, { instrument, receiveTimeMicros, offset, index }, into);
      } else if (parsed.what === 'rejected') this.#reject(parsed.reason, bytes);
    }
    return into.count > before ? Decoded.ticks : Decoded.rejected;
  }

  #decodeKlines(
    rows: unknown,
    frame: { bytes: Buffer; symbol: string; query: URLSearchParams; receiveMicros: number; offset: number },
  ): Decoded {
    const { bytes, symbol, query, receiveMicros, offset } = frame;
    const minutes = klineMinutes(query.get('interval') ?? '');
    if (minutes === undefined) return this.#countOther('klines');
    if (!Array.isArray(rows)) return this.#reject('unknownLayout', bytes);
    const instrument = this.#symbols.findText(symbol);
    if (instrument < 0) return this.#reject('unknownInstrument', bytes);
    const read = readKlines(rows, { nowMicros: receiveMicros, minutes });
    const asked = { query, instrument, minutes, receiveMicros };
    return tellPage(
      {
        counts: this.counts,
        onCandlePage: this.#onCandlePage,
        reject: (reason) => this.#reject(reason, bytes),
        other: () => this.#countOther('klines'),
      },
      read,
      { offset, page: () => klinePage(asked, read) },
    );
  }

  #decodeSlowly(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    const parsed = parseFrame(bytes);
    if (parsed.what === 'rejected') return this.#reject(parsed.reason, bytes);
    if (parsed.what === 'control') return this.#control();
    if (parsed.what === 'other') {
      this.counts.fallbacks++;
      return this.#countOther(parsed.type);
    }
    const { trade } = parsed;
    if (this.#isUnwanted(trade.isAggregate))
      return this.#countOther(trade.isAggregate ? 'aggTrade' : 'trade');
    const instrument = this.#symbols.findText(trade.symbol);
    if (instrument < 0) return this.#reject('unknownInstrument', bytes);
    this.counts.fallbacks++;
    this.#append(trade, { instrument, receiveTimeMicros, offset, index: 0 }, into);
    return Decoded.ticks;
  }

  #append(trade: ParsedTrade, place: TickPlace, into: TickBatch): void {
    const row = into.count++;
    into.instrument[row] = place.instrument;
    into.eventTime[row] = trade.timeMicros;
    into.receiveTime[row] = place.receiveTimeMicros;
    into.price[row] = trade.price;
    into.quantity[row] = trade.quantity;
    into.volume[row] = trade.quantity;
    into.side[row] =
      trade.isBuyerMaker === undefined ? Side.unknown : trade.isBuyerMaker ? Side.sell : Side.buy;
    into.kind[row] = TickKind.trade;
    into.idSpace[row] = trade.isAggregate ? IdSpace.aggTrade : IdSpace.trade;
    into.tradeId[row] = trade.id;
    into.cumulativeVolume[row] = -1;
    into.offset[row] = place.offset;
    into.index[row] = place.index;
    this.counts.ticks++;
  }

  #isUnwanted(isAggregate: boolean): boolean {
    return this.#unwanted === (isAggregate ? 'aggTrade' : 'trade');
  }

  #other(bytes: Buffer): Decoded {
    const { marks } = this.#scan;
    const start = marks[Mark.eventStart];
    if (start > 0) {
      const type = bytes.toString('latin1', start, marks[Mark.eventEnd]);
      return type === 'serverShutdown' ? this.#control() : this.#countOther(type);
    }
    return this.#countOther(marks[Mark.seen] === 0 ? 'depthSnapshot' : 'bookTicker');
  }

  #control(): Decoded {
    this.counts.control++;
    return Decoded.control;
  }

  #countOther(type: string): Decoded {
    countOther(this.counts, type);
    return Decoded.other;
  }

  #reject(reason: RejectReason, bytes: Buffer): Decoded {
    this.counts.rejected[reason]++;
    this.#onRejected?.(reason, bytes);
    return Decoded.rejected;
  }
}

interface TickPlace {
  readonly instrument: number;
  readonly receiveTimeMicros: number;
  readonly offset: number;
  readonly index: number;
}

/** `/api/v3/aggTrades?symbol=BTCUSDT&fromId=1` gives the last word of the path and the symbol. */
function readPath(path: string): { endpoint: string; symbol: string; query: URLSearchParams } {
  const question = path.indexOf('?');
  const route = question < 0 ? path : path.slice(0, question);
  const query = new URLSearchParams(question < 0 ? '' : path.slice(question + 1));
  return { endpoint: route.slice(route.lastIndexOf('/') + 1), symbol: query.get('symbol') ?? '', query };
}
