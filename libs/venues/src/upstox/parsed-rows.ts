import { MAX_TICKS_A_FRAME } from '../decoder.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import { Form } from './feed-rows.ts';
import type { FeedRows } from './feed-rows.ts';
import { integerOf } from './parse.ts';
import type { Feed, FeedResponse, MarketFullFeed } from './parse.ts';

/** The rows of a frame that protobufjs has read. False when there are more than a batch has room for. */
export function takeFeeds(response: FeedResponse, symbols: SymbolIndex, into: FeedRows): boolean {
  const feeds = Object.entries(response.feeds);
  if (feeds.length > MAX_TICKS_A_FRAME) return false;
  into.type = response.type;
  into.count = feeds.length;
  for (const [row, [key, feed]] of feeds.entries()) {
    const { form, told } = formOf(feed);
    const ltpc = told?.ltpc;
    into.instrument[row] = symbols.findText(key);
    into.form[row] = form;
    into.price[row] = ltpc?.ltp ?? 0;
    // A feed of no form or of two says nothing that could be taken for a trade's time.
    into.timeMs[row] = form === Form.none ? Number.NaN : integerOf(ltpc?.ltt);
    into.quantity[row] = integerOf(ltpc?.ltq);
    into.volume[row] = form === Form.volume ? integerOf(told?.vtt) : 0;
  }
  return true;
}

function formOf(feed: Feed): { form: number; told?: MarketFullFeed } {
  const { ltpc, fullFeed, firstLevelWithGreeks } = feed;
  const forms = [
    { form: Form.volume, told: fullFeed?.marketFF },
    { form: Form.volume, told: firstLevelWithGreeks },
    { form: Form.index, told: fullFeed?.indexFF },
    { form: Form.ltpc, told: ltpc === null ? null : { ltpc } },
  ].flatMap(({ form, told }) => (told === undefined || told === null ? [] : [{ form, told }]));
  const [only] = forms;
  return only === undefined || forms.length > 1 ? { form: Form.none } : only;
}
