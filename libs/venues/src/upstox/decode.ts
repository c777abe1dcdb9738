import { IdSpace, Side, TickKind } from '@tickwright/market';
import type { InstrumentTable, TickBatch } from '@tickwright/market';
import { countOther, Decoded, decoderCounts } from '../decoder.ts';
import type { Decoder, DecoderCounts, DecoderOptions, RejectReason } from '../decoder.ts';
import { MAX_ANSWER_BYTES } from '../limits.ts';
import { isFields, parseJson } from '../json/json-value.ts';
import { tellPage } from '../page-decoding.ts';
import { SymbolIndex } from '../symbol-index.ts';
import { candlePage, candlePath, readRows, rowsOf } from './candles.ts';
import type { CandlePath } from './candles.ts';
import { lastMinuteOf, minuteCandle, readMinute } from './candle.ts';
import { ToldCandles } from './told-candles.ts';
import { FeedRows, Form } from './feed-rows.ts';
import { UPSTOX_SEGMENTS } from './instruments.ts';
import { UPSTOX_MAX_FRAME_BYTES } from './limits.ts';
import { FeedType, integerOf, parseFeed } from './parse.ts';
import type { FeedResponse } from './parse.ts';
import { takeFeeds } from './parsed-rows.ts';
import { scanFeed } from './scan.ts';
import { millisToMicros } from './times.ts';

// Constants of this module are folded into the machine code, imported ones are looked up for every row.
const { volume: WITH_VOLUME } = Form;
const { unknown: SIDE } = Side;
const { none: NO_ID } = IdSpace;
const { quote: QUOTE, conflated: CONFLATED } = TickKind;
const { initial: INITIAL } = FeedType;
const FRAME_LIMIT = UPSTOX_MAX_FRAME_BYTES;
/** A text frame, which the venue sends for errors, begins with this; no frame of the feed does. */
const BRACE = 0x7b;

/**
 * Decodes the Market Data Feed V3, protobuf `FeedResponse`. The feed is conflated: a tick is an instrument's last trade
 * (`ltp`, `ltt`, `ltq`) with the volume of the session so far (`vtt`), of which the de-duplicator makes what the tick
 * adds; a trade that is told again, with only the depth changed, is its to recognise. A snapshot (`initial_feed`) gives
 * quotes, which set the state and make no candle. Modes without `vtt`, and indices, add no volume.
 *
 *     {"type":"live_feed","feeds":{"NSE_EQ|INE090A01021":{"fullFeed":{"marketFF":{"ltpc":{"ltp":1313.7,
 *      "ltt":"1742373998758","ltq":"234","cp":1309.85},"marketOHLC":{"ohlc":[..]},"vtt":"7791920"}}}}}
 */
export class UpstoxDecoder implements Decoder {
  readonly counts: DecoderCounts = decoderCounts();
  readonly #symbols: SymbolIndex;
  readonly #onRejected: DecoderOptions['onRejected'];
  readonly #onCandlePage: DecoderOptions['onCandlePage'];
  readonly #candles: ToldCandles | undefined;
  readonly #rows = new FeedRows();

  constructor(instruments: InstrumentTable, options: DecoderOptions = {}) {
    this.#symbols = new SymbolIndex(instruments, UPSTOX_SEGMENTS);
    this.#onRejected = options.onRejected;
    this.#onCandlePage = options.onCandlePage;
    this.#candles = options.onVenueCandle === undefined ? undefined : new ToldCandles(options.onVenueCandle);
  }

  decode(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    if (bytes.length > FRAME_LIMIT) return this.#reject('oversized', bytes);
    if (!scanFeed(bytes, this.#symbols, this.#rows)) {
      return this.#decodeSlowly(bytes, receiveTimeMicros, offset, into);
    }
    const what = this.#append(bytes, receiveTimeMicros, offset, into);
    if (this.#candles !== undefined) this.#tellScanned(this.#candles, bytes, offset);
    return what;
  }

  /** No REST answer of the venue tells single trades; with `onCandlePage` candles are told on. */
  decodeAnswer(bytes: Buffer, receiveTimeMicros = 0, offset = 0): Decoded {
    if (bytes.length > MAX_ANSWER_BYTES) return this.#reject('oversized', bytes);
    const lineEnd = bytes.indexOf(0x0a);
    if (lineEnd < 0) return this.#reject('malformed', bytes);
    const path = bytes.toString('latin1', 0, lineEnd);
    const asked = this.#onCandlePage === undefined ? undefined : candlePath(path);
    if (asked !== undefined)
      return this.#decodeCandles(asked, { bytes, lineEnd, receiveMicros: receiveTimeMicros, offset });
    const [, version = '', endpoint = ''] = path.split('/');
    return this.#other(`${version}/${endpoint}`);
  }

  #decodeCandles(
    asked: CandlePath,
    frame: { bytes: Buffer; lineEnd: number; receiveMicros: number; offset: number },
  ): Decoded {
    const { bytes, lineEnd, receiveMicros, offset } = frame;
    const value = parseJson(bytes.toString('utf8', lineEnd + 1));
    const isGood = isFields(value) && value['status'] === 'success';
    const rows = isGood ? rowsOf(value['data']) : undefined;
    if (rows === undefined) return this.#reject(value === undefined ? 'malformed' : 'unknownLayout', bytes);
    const instrument = this.#symbols.findText(asked.symbol);
    if (instrument < 0) return this.#reject('unknownInstrument', bytes);
    const read = readRows(rows, { stepMicros: asked.minutes * 60_000_000, nowMicros: receiveMicros });
    return tellPage(
      {
        counts: this.counts,
        onCandlePage: this.#onCandlePage,
        reject: (reason) => this.#reject(reason, bytes),
        other: () => this.#other('v3/historical-candle'),
      },
      read,
      { offset, page: () => candlePage({ ...asked, instrument, receiveMicros }, read) },
    );
  }

  /** The rows of a frame that are trades or states. Hot path: no object a row. */
  #append(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    const rows = this.#rows;
    const { instrument, form, price, timeMs, quantity, volume } = rows;
    const kind = rows.type === INITIAL ? QUOTE : CONFLATED;
    const before = into.count;
    let refused = 0;
    for (let from = 0; from < rows.count; from++) {
      const hasVolume = form[from] === WITH_VOLUME;
      const eventTime = millisToMicros(timeMs[from]);
      const isTrade = timeMs[from] !== 0 && !(hasVolume && volume[from] === 0);
      const isWhole = price[from] > 0 && price[from] < Infinity && eventTime > 0;
      if (!isTrade || !isWhole || instrument[from] < 0 || !(quantity[from] >= 0) || !(volume[from] >= 0)) {
        if (this.#refuse(from, bytes)) refused++;
        continue;
      }
      const row = into.count++;
      into.instrument[row] = instrument[from];
      into.eventTime[row] = eventTime;
      into.receiveTime[row] = receiveTimeMicros;
      into.price[row] = price[from];
      into.quantity[row] = quantity[from];
      into.volume[row] = 0;
      into.side[row] = SIDE;
      into.kind[row] = kind;
      into.idSpace[row] = NO_ID;
      into.tradeId[row] = -1;
      into.cumulativeVolume[row] = hasVolume ? volume[from] : -1;
      into.offset[row] = offset;
      into.index[row] = from;
    }
    this.counts.ticks += into.count - before;
    if (into.count > before) return Decoded.ticks;
    return refused > 0 ? Decoded.rejected : Decoded.other;
  }

  /** Says why a row is no tick. False where nothing is wrong with it: it never traded, or not in this session. */
  #refuse(row: number, bytes: Buffer): boolean {
    const { instrument, form, price, timeMs, quantity, volume } = this.#rows;
    if (instrument[row] < 0) this.#reject('unknownInstrument', bytes);
    else if (timeMs[row] === 0 || (form[row] === Form.volume && volume[row] === 0)) {
      this.#other('untraded');
      return false;
    } else if (form[row] === Form.none) this.#reject('unknownLayout', bytes);
    else if (!(price[row] > 0 && price[row] < Infinity)) this.#reject('badPrice', bytes);
    else if (!(quantity[row] >= 0 && volume[row] >= 0)) this.#reject('badQuantity', bytes);
    else this.#reject('badTime', bytes);
    return true;
  }

  #tellScanned(candles: ToldCandles, bytes: Buffer, offset: number): void {
    const { count, instrument, candleStart, candleEnd } = this.#rows;
    for (let row = 0; row < count; row++) {
      if (candleEnd[row] === 0 || instrument[row] < 0) continue;
      if (!candles.isNews(instrument[row], bytes, candleStart[row], candleEnd[row])) continue;
      candles.tell(instrument[row], readMinute(bytes.subarray(candleStart[row], candleEnd[row])), offset);
    }
  }

  #decodeSlowly(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded {
    if (bytes[0] === BRACE) return this.#control();
    const response = bytes.length === 0 ? undefined : parseFeed(bytes);
    if (response === undefined) return this.#reject('malformed', bytes);
    const { type, feeds } = response;
    if (type === FeedType.marketInfo) return this.#control();
    if (type !== INITIAL && type !== FeedType.live) return this.#reject('unknownLayout', bytes);
    if (Object.keys(feeds).length === 0) return this.#withoutFeeds(response, bytes);
    if (!takeFeeds(response, this.#symbols, this.#rows)) return this.#reject('oversized', bytes);
    this.counts.fallbacks++;
    const what = this.#append(bytes, receiveTimeMicros, offset, into);
    for (const [key, feed] of Object.entries(feeds)) {
      const { marketFF, indexFF } = feed.fullFeed ?? {};
      const minute = lastMinuteOf((marketFF ?? indexFF)?.marketOHLC?.ohlc);
      const instrument = this.#symbols.findText(key);
      if (minute !== undefined && instrument >= 0)
        this.#candles?.tell(instrument, minuteCandle(minute), offset);
    }
    return what;
  }

  #withoutFeeds(response: FeedResponse, bytes: Buffer): Decoded {
    if (response.marketInfo !== null) return this.#control();
    return integerOf(response.currentTs) === 0
      ? this.#reject('unknownLayout', bytes)
      : this.#other('emptyFeed');
  }

  #control(): Decoded {
    this.counts.control++;
    return Decoded.control;
  }

  #other(type: string): Decoded {
    countOther(this.counts, type);
    return Decoded.other;
  }

  #reject(reason: RejectReason, bytes: Buffer): Decoded {
    this.counts.rejected[reason]++;
    this.#onRejected?.(reason, bytes);
    return Decoded.rejected;
  }
}
