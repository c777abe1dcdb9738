import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { SendingSide } from './feed-fixture.ts';
import type { FeedReceiverCounts } from './receiver/receiver-options.ts';

/** `FEED_STOP_SECONDS=20` for as long as the design asks; the short form sends the same amount at once. */
const STOP_SECONDS = Number(process.env['FEED_STOP_SECONDS'] ?? 0);
const TICKS_A_MESSAGE = STOP_SECONDS > 0 ? 100 : 400;
const MESSAGES = STOP_SECONDS > 0 ? STOP_SECONDS * 100 : 1_000;
const MIB = 1_048_576;
const LONG = { timeout: 60_000 + STOP_SECONDS * 3_000 };

interface Report {
  readonly isLive: boolean;
  readonly ticks: number;
  readonly last: number;
  readonly breaks: number;
  readonly missedMessages: number;
  readonly counts: FeedReceiverCounts;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function subscriber({ publish, snapshot }: { publish: string; snapshot: string }): ChildProcess {
  const path = fileURLToPath(new URL('./testing/subscriber-child.ts', import.meta.url));
  const execArgv = ['--conditions=@tickwright/source', '--import', 'tsx'];
  const child = fork(path, [publish, snapshot], { execArgv });
  children.push(child);
  return child;
}

async function report(child: ChildProcess): Promise<Report> {
  child.send('report');
  const [answer] = await once(child, 'message');
  return answer as Report;
}

async function until(child: ChildProcess, isWanted: (report: Report) => boolean): Promise<Report> {
  const endMs = performance.now() + 40_000;
  for (;;) {
    const found = await report(child);
    if (isWanted(found)) return found;
    if (performance.now() > endMs) throw new Error(`it did not come to that: ${JSON.stringify(found)}`);
    await pause(20);
  }
}

/** Sends while nobody reads; returns by how much our memory has grown at most. */
async function sendOn(sending: SendingSide, messages: number): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = 0;
  for (let sent = 0; sent < messages; sent += 1) {
    sending.ticks(TICKS_A_MESSAGE);
    if (sent % 10 !== 9) continue;
    await pause(STOP_SECONDS > 0 ? 100 : 0);
    most = Math.max(most, process.memoryUsage().rss - before);
  }
  return most;
}

test(
  'a subscriber that is stopped has everything afterwards, from the messages that were kept',
  LONG,
  async () => {
    await using sending = await SendingSide.open({
      limits: { highWaterMark: 200, topicMessages: 100_000, topicBytes: 256 * MIB, totalBytes: 256 * MIB },
    });
    const child = subscriber(sending.sender.addresses);
    await until(child, ({ isLive, counts }) => isLive && counts.heartbeats > 0);
    const { ticks } = await report(child);
    sending.ticks(1);
    await until(child, (found) => found.ticks === ticks + 1);
    child.kill('SIGSTOP');
    await sendOn(sending, MESSAGES);
    child.kill('SIGCONT');
    const last = sending.state.offset - 1;
    const found = await until(child, (told) => told.last === last);
    expect(found).toMatchObject({ ticks: 1 + MESSAGES * TICKS_A_MESSAGE, breaks: 0, missedMessages: 0 });
    expect(found.counts.replayed).toBeGreaterThan(0);
  },
);

test(
  'a stopped subscriber costs the sender bounded memory; what is gone when it comes back is told',
  LONG,
  async () => {
    const limits = { highWaterMark: 200, topicMessages: 100_000, topicBytes: 4 * MIB, totalBytes: 4 * MIB };
    await using sending = await SendingSide.open({ limits });
    const child = subscriber(sending.sender.addresses);
    await until(child, ({ isLive, counts }) => isLive && counts.heartbeats > 0);
    sending.ticks(1);
    await until(child, (found) => found.ticks === 1);
    child.kill('SIGSTOP');
    const messages = STOP_SECONDS > 0 ? MESSAGES : 3 * MESSAGES;
    const grownBytes = await sendOn(sending, messages);
    child.kill('SIGCONT');
    const last = sending.state.offset - 1;
    const found = await until(child, (told) => told.last === last);
    expect(found.breaks).toBe(0);
    expect(found.missedMessages).toBeGreaterThan(0);
    expect((found.ticks - 1) / TICKS_A_MESSAGE + found.missedMessages).toBe(messages);
    expect(sending.sender.kept.bytes).toBeLessThanOrEqual(4 * MIB);
    // 80 MiB were sent at least; kept are 4 MiB, 200 messages of 28 kB, what the kernel holds, and what waits for collection.
    expect(grownBytes).toBeLessThan(60 * MIB);
  },
);
