import { IdSpace, Side, TickKind } from '@tickwright/market';
import type { InstrumentTable, TickBatch } from '@tickwright/market';
import { Decoded, MAX_TICKS_A_FRAME } from '../decoder.ts';
import type { Decoder, DecoderCounts, DecoderOptions } from '../decoder.ts';
import { FrameReport, splitAnswer } from '../frame-report.ts';
import { parseExactly, parseJson } from '../json/json-value.ts';
import { MAX_ANSWER_BYTES, MAX_FRAME_BYTES } from '../limits.ts';
import { tellPage } from '../page-decoding.ts';
import { SymbolIndex } from '../symbol-index.ts';
import { appendNotice, appendTrade } from '../tick-rows.ts';
import type { ParsedTrade } from '../tick-rows.ts';
import { candlePage, readRows } from './candles.ts';
import { COINBASE_SEGMENT } from './instruments.ts';
import { parseFrame, parseRow } from './parse.ts';
import { Maker, Mark, Num, Scan, scanFrame, ScanResult } from './scan.ts';

const CONTROL_TYPES: ReadonlySet<string> = new Set(['subscriptions', 'error']);
const TRADES_PATH = /^\/products\/([^/]+)\/trades$/;
const CANDLES_PATH = /^\/products\/([^/]+)\/candles$/;

/**
 * Decodes Coinbase Exchange: `match`, `last_match`, `heartbeat`, and the answers of /products/<id>/trades; with
 * `onCandlePage` those of /products/<id>/candles too. Source:
 * docs.cdp.coinbase.com, exchange/websocket-feed/channels and api-reference/exchange-api.
 *
 *     {"type":"match","trade_id":280232,"maker_order_id":"2a0d..","taker_order_id":"3c82..","side":"sell","size":"985",
 *      "price":"0.00001305","product_id":"SKL-BTC","sequence":177100030,"time":"2021-04-17T16:43:37.089723Z"}
 *     {"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD","time":"2014-11-07T08:19:28.464459Z"}
 *
 * `side` is the maker's. A `last_match` is the trade before the subscription: it has its id, so it is a trade as any other
 * and the de-duplicator keeps it from being stored twice. A heartbeat is a notice of the newest id. A `ticker` is batched,
 * hence no source of trades.
 */
export class CoinbaseDecoder implements Decoder {
  readonly counts: DecoderCounts;
  readonly #report: FrameReport;
  readonly #symbols: SymbolIndex;
  readonly #scan = new ScanResult();
  readonly #onCandlePage: DecoderOptions['onCandlePage'];

  constructor(instruments: InstrumentTable, options: DecoderOptions = {}) {
    this.#symbols = new SymbolIndex(instruments, COINBASE_SEGMENT);
    this.#report = new FrameReport(options);
    this.#onCandlePage = options.onCandlePage;
    this.counts = this.#report.counts;
  }

  decode(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    if (bytes.length > MAX_FRAME_BYTES) return this.#report.reject('oversized', bytes);
    const kind = scanFrame(bytes, this.#scan);
    if (kind === Scan.unsure) return this.#decodeSlowly(bytes, receiveTimeMicros, offset, into);
    const { numbers, marks } = this.#scan;
    if (kind === Scan.other) {
      const type = bytes.toString('latin1', marks[Mark.typeStart], marks[Mark.typeEnd]);
      return CONTROL_TYPES.has(type) ? this.#report.control() : this.#report.other(type);
    }
    const start = marks[Mark.symbolStart];
    const instrument = this.#symbols.find(bytes, start, marks[Mark.symbolEnd], marks[Mark.symbolHash]);
    if (instrument < 0) return this.#report.reject('unknownInstrument', bytes);
    if (kind === Scan.heartbeat) {
      const notice = { id: numbers[Num.lastTradeId], timeMicros: numbers[Num.time] };
      appendNotice(into, notice, { instrument, receiveTimeMicros, offset, index: 0 });
      return this.#report.other('heartbeat');
    }
    const maker = marks[Mark.maker];
    const row = into.count++;
    into.instrument[row] = instrument;
    into.eventTime[row] = numbers[Num.time];
    into.receiveTime[row] = receiveTimeMicros;
    into.price[row] = numbers[Num.price];
    into.quantity[row] = numbers[Num.quantity];
    into.volume[row] = numbers[Num.quantity];
    into.side[row] = maker === Maker.sell ? Side.buy : maker === Maker.buy ? Side.sell : Side.unknown;
    into.kind[row] = TickKind.trade;
    into.idSpace[row] = IdSpace.trade;
    into.tradeId[row] = numbers[Num.tradeId];
    into.cumulativeVolume[row] = -1;
    into.offset[row] = offset;
    into.index[row] = 0;
    this.counts.ticks++;
    return Decoded.ticks;
  }

  /** The venue tells the newest first; the ticks are appended oldest first, as they happened. */
  decodeAnswer(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    if (bytes.length > MAX_ANSWER_BYTES) return this.#report.reject('oversized', bytes);
    const answer = splitAnswer(bytes);
    const value = answer === undefined ? undefined : parseJson(answer.body);
    if (answer === undefined || value === undefined) return this.#report.reject('malformed', bytes);
    const candlesOf = CANDLES_PATH.exec(answer.path)?.[1];
    if (candlesOf !== undefined && this.#onCandlePage !== undefined)
      return this.#decodeCandles(candlesOf, answer, { bytes, receiveTimeMicros, offset });
    const product = TRADES_PATH.exec(answer.path)?.[1];
    if (product === undefined) return this.#report.other(answer.path.slice(answer.path.lastIndexOf('/') + 1));
    if (!Array.isArray(value)) return this.#report.reject('unknownLayout', bytes);
    const rows: unknown[] = value;
    if (rows.length > MAX_TICKS_A_FRAME) return this.#report.reject('oversized', bytes);
    if (rows.length === 0) return this.#report.other('emptyAnswer');
    const instrument = this.#symbols.findText(product);
    if (instrument < 0) return this.#report.reject('unknownInstrument', bytes);
    const trades: ParsedTrade[] = [];
    for (const row of rows) {
      const parsed = parseRow(row, product);
      if (parsed.what === 'trade') trades.push(parsed.trade);
      else if (parsed.what === 'rejected') this.#report.reject(parsed.reason, bytes);
    }
    trades.sort((a, b) => a.id - b.id);
    for (const [index, trade] of trades.entries())
      appendTrade(into, trade, { instrument, receiveTimeMicros, offset, index });
    this.counts.ticks += trades.length;
    return trades.length > 0 ? Decoded.ticks : Decoded.rejected;
  }

  #decodeCandles(
    product: string,
    answer: { readonly query: URLSearchParams; readonly body: string },
    frame: { bytes: Buffer; receiveTimeMicros: number; offset: number },
  ): Decoded {
    const { bytes, receiveTimeMicros: receiveMicros, offset } = frame;
    const { query, body } = answer;
    const lengthMicros = Number(query.get('granularity')) * 1_000_000;
    // Numbers keep their digits.
    const rows = parseExactly(body);
    if (!Array.isArray(rows) || !(lengthMicros > 0)) return this.#report.reject('unknownLayout', bytes);
    const instrument = this.#symbols.findText(product);
    if (instrument < 0) return this.#report.reject('unknownInstrument', bytes);
    const read = readRows(rows, { lengthMicros, nowMicros: receiveMicros });
    return tellPage(
      {
        counts: this.counts,
        onCandlePage: this.#onCandlePage,
        reject: (reason) => this.#report.reject(reason, bytes),
        other: () => this.#report.other('candles'),
      },
      read,
      { offset, page: () => candlePage({ query, instrument, receiveMicros }, read) },
    );
  }

  #decodeSlowly(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    const parsed = parseFrame(bytes);
    switch (parsed.what) {
      case 'rejected':
        return this.#report.reject(parsed.reason, bytes);
      case 'control':
        return this.#report.control();
      case 'other':
        this.counts.fallbacks++;
        return this.#report.other(parsed.type);
      case 'notice':
      case 'trade': {
        const { symbol } = parsed.what === 'trade' ? parsed.trade : parsed.notice;
        const instrument = this.#symbols.findText(symbol);
        if (instrument < 0) return this.#report.reject('unknownInstrument', bytes);
        const place = { instrument, receiveTimeMicros, offset, index: 0 };
        this.counts.fallbacks++;
        if (parsed.what === 'notice') {
          appendNotice(into, parsed.notice, place);
          return this.#report.other('heartbeat');
        }
        appendTrade(into, parsed.trade, place);
        this.counts.ticks++;
        return Decoded.ticks;
      }
    }
  }
}
