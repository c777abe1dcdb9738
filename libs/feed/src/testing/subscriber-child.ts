// A process for feed-stopped.test.ts: receives the ticks of an instrument and tells, when asked, what came of them.
import { systemClock } from '@tickwright/runtime';
import { KEY, quiet } from '../feed-fixture.ts';
import { FeedReceiver } from '../receiver/feed-receiver.ts';
import { topics } from '../topic.ts';

const [publish, snapshot] = process.argv.slice(2);
const receiver = FeedReceiver.connect({
  publish,
  snapshot,
  topics: [topics.tick(KEY)],
  clock: systemClock,
  log: quiet,
});
const report = {
  type: 'report',
  isLive: false,
  ticks: 0,
  last: 0,
  breaks: 0,
  missedMessages: 0,
  counts: receiver.counts,
};
process.on('message', () => process.send?.(report));
process.on('disconnect', () => process.exit());
for await (const event of receiver) {
  if (event.type === 'live') report.isLive = true;
  if (event.type === 'missed') {
    report.missedMessages += event.toSequence - event.fromSequence + 1;
    // What comes next does not follow on what came last.
    report.last = 0;
  }
  if (event.type !== 'ticks') continue;
  for (const price of event.ticks.price) {
    if (report.last !== 0 && price !== report.last + 1) report.breaks += 1;
    report.last = price;
    report.ticks += 1;
  }
}
