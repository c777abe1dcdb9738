import { IdSpace, TickKind } from '@tickwright/market';
import type { InstrumentTable, TickBatch } from '@tickwright/market';
import { Decoded, MAX_TICKS_A_FRAME } from '../decoder.ts';
import type { Decoder, DecoderCounts, DecoderOptions } from '../decoder.ts';
import { FrameReport, splitAnswer } from '../frame-report.ts';
import { isFields, parseExactly } from '../json/json-value.ts';
import { MAX_ANSWER_BYTES, MAX_FRAME_BYTES } from '../limits.ts';
import { tellPage } from '../page-decoding.ts';
import { SymbolIndex } from '../symbol-index.ts';
import { appendTrade } from '../tick-rows.ts';
import { readResult } from './answers.ts';
import { candlePage, readRows } from './candles.ts';
import { KRAKEN_SEGMENT, PairIndex } from './instruments.ts';
import { parseFrame, parseRow, parseTrade } from './parse.ts';
import { Mark, nextRow, Num, Scan, scanHead, ScanResult, scanRow } from './scan.ts';

const TRADES_PATH = '/0/public/Trades';
const CANDLES_PATH = '/0/public/OHLC';

/**
 * Decodes Kraken spot: the trade channel of WebSocket v2, snapshot and update alike, and the answers of
 * /0/public/Trades; with `onCandlePage` those of /0/public/OHLC too. Source: docs.kraken.com, exchange/api-reference/spot-websocket-v2/trade and market-data.
 *
 *     {"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":77313.3,"qty":0.0084064,
 *      "ord_type":"limit","trade_id":107612614,"timestamp":"2026-09-13T20:52:59.976634Z"}]}
 *
 * `side` is the taker's. The trades of a snapshot have their ids: they are trades, and the de-duplicator keeps them from
 * being stored twice. A frame is taken whole by the scanner or whole by JSON.parse.
 */
export class KrakenDecoder implements Decoder {
  readonly counts: DecoderCounts;
  readonly #report: FrameReport;
  readonly #symbols: SymbolIndex;
  readonly #pairs: PairIndex;
  readonly #scan = new ScanResult();
  readonly #onCandlePage: DecoderOptions['onCandlePage'];

  constructor(instruments: InstrumentTable, options: DecoderOptions = {}) {
    this.#symbols = new SymbolIndex(instruments, KRAKEN_SEGMENT);
    this.#pairs = new PairIndex(instruments);
    this.#report = new FrameReport(options);
    this.#onCandlePage = options.onCandlePage;
    this.counts = this.#report.counts;
  }

  decode(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    if (bytes.length > MAX_FRAME_BYTES) return this.#report.reject('oversized', bytes);
    const { marks } = this.#scan;
    const kind = scanHead(bytes, this.#scan);
    if (kind === Scan.other) {
      const channel = bytes.toString('latin1', marks[Mark.channelStart], marks[Mark.channelEnd]);
      return channel === 'status' ? this.#report.control() : this.#report.other(channel);
    }
    const before = into.count;
    if (kind === Scan.trades) {
      const rows = this.#scanRows(bytes, receiveTimeMicros, offset, into);
      if (rows > 0) {
        this.counts.ticks += rows;
        return Decoded.ticks;
      }
      into.count = before;
    }
    return this.#decodeSlowly(bytes, receiveTimeMicros, offset, into);
  }

  /** Oldest first, as the venue tells them. */
  decodeAnswer(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    if (bytes.length > MAX_ANSWER_BYTES) return this.#report.reject('oversized', bytes);
    const answer = splitAnswer(bytes);
    const value = answer === undefined ? undefined : parseExactly(answer.body);
    if (answer === undefined || value === undefined) return this.#report.reject('malformed', bytes);
    if (answer.path === CANDLES_PATH && this.#onCandlePage !== undefined)
      return this.#decodeCandles(value, answer.query, { bytes, receiveTimeMicros, offset });
    if (answer.path !== TRADES_PATH)
      return this.#report.other(answer.path.slice(answer.path.lastIndexOf('/') + 1));
    const rows = readResult(value)?.rows;
    if (rows === undefined) return this.#report.reject('unknownLayout', bytes);
    if (rows.length > MAX_TICKS_A_FRAME) return this.#report.reject('oversized', bytes);
    if (rows.length === 0) return this.#report.other('emptyAnswer');
    const pair = answer.query.get('pair') ?? '';
    const instrument = this.#pairs.find(pair);
    if (instrument < 0) return this.#report.reject('unknownInstrument', bytes);
    const before = into.count;
    for (const [index, row] of rows.entries()) {
      const parsed = parseRow(row, pair);
      if (parsed.what === 'rejected') this.#report.reject(parsed.reason, bytes);
      else appendTrade(into, parsed.trade, { instrument, receiveTimeMicros, offset, index });
    }
    this.counts.ticks += into.count - before;
    return into.count > before ? Decoded.ticks : Decoded.rejected;
  }

  #decodeCandles(
    value: unknown,
    query: URLSearchParams,
    frame: { bytes: Buffer; receiveTimeMicros: number; offset: number },
  ): Decoded {
    const { bytes, receiveTimeMicros: receiveMicros, offset } = frame;
    const lengthMicros = Number(query.get('interval') ?? 1) * 60_000_000;
    const rows = hasError(value) ? undefined : readResult(value)?.rows;
    if (rows === undefined || !(lengthMicros > 0)) return this.#report.reject('unknownLayout', bytes);
    const instrument = this.#pairs.find(query.get('pair') ?? '');
    if (instrument < 0) return this.#report.reject('unknownInstrument', bytes);
    const read = readRows(rows, { lengthMicros, nowMicros: receiveMicros });
    return tellPage(
      {
        counts: this.counts,
        onCandlePage: this.#onCandlePage,
        reject: (reason) => this.#report.reject(reason, bytes),
        other: () => this.#report.other('OHLC'),
      },
      read,
      { offset, page: () => candlePage({ instrument, lengthMicros, receiveMicros }, read) },
    );
  }

  /** Appends every row of the frame; returns their number, 0 when JSON.parse has to look at it. */
  #scanRows(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): number {
    const { numbers, marks } = this.#scan;
    let at = marks[Mark.rows];
    for (let index = 0; index < MAX_TICKS_A_FRAME; index++) {
      const behind = scanRow(bytes, at, this.#scan);
      if (behind < 0) return 0;
      const start = marks[Mark.symbolStart];
      const instrument = this.#symbols.find(bytes, start, marks[Mark.symbolEnd], marks[Mark.symbolHash]);
      if (instrument < 0) return 0;
      const row = into.count++;
      into.instrument[row] = instrument;
      into.eventTime[row] = numbers[Num.time];
      into.receiveTime[row] = receiveTimeMicros;
      into.price[row] = numbers[Num.price];
      into.quantity[row] = numbers[Num.quantity];
      into.volume[row] = numbers[Num.quantity];
      into.side[row] = marks[Mark.side];
      into.kind[row] = TickKind.trade;
      into.idSpace[row] = IdSpace.trade;
      into.tradeId[row] = numbers[Num.tradeId];
      into.cumulativeVolume[row] = -1;
      into.offset[row] = offset;
      into.index[row] = index;
      at = nextRow(bytes, behind);
      if (at === 0) return index + 1;
      if (at < 0) return 0;
    }
    return 0;
  }

  #decodeSlowly(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    const parsed = parseFrame(bytes);
    if (parsed.what === 'rejected') return this.#report.reject(parsed.reason, bytes);
    if (parsed.what === 'control') return this.#report.control();
    if (parsed.what === 'other') {
      this.counts.fallbacks++;
      return this.#report.other(parsed.type);
    }
    if (parsed.rows.length > MAX_TICKS_A_FRAME) return this.#report.reject('oversized', bytes);
    if (parsed.rows.length === 0) return this.#report.other('emptyTrade');
    const before = into.count;
    for (const [index, row] of parsed.rows.entries()) {
      const read = parseTrade(row);
      const instrument = read.what === 'trade' ? this.#symbols.findText(read.trade.symbol) : -1;
      if (read.what === 'rejected') this.#report.reject(read.reason, bytes);
      else if (instrument < 0) this.#report.reject('unknownInstrument', bytes);
      else appendTrade(into, read.trade, { instrument, receiveTimeMicros, offset, index });
    }
    if (into.count === before) return Decoded.rejected;
    this.counts.fallbacks++;
    this.counts.ticks += into.count - before;
    return Decoded.ticks;
  }
}

/** An error comes with HTTP 200, beside a result or none. */
function hasError(value: unknown): boolean {
  const errors = isFields(value) ? value['error'] : undefined;
  return Array.isArray(errors) && errors.length > 0;
}
