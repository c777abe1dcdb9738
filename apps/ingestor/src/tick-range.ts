import type { TickFile } from '@tickwright/store';

/** First and last event time of all stored ticks, microseconds UTC; undefined when there is none. */
export async function eventRange(
  tickFile: TickFile,
): Promise<{ firstMicros: number; lastMicros: number } | undefined> {
  const [row] = await tickFile.withTicks({}, ({ database, relation }) =>
    database.read(`SELECT min(event_time) AS first, max(event_time) AS last FROM ${relation}`),
  );
  if (row === undefined || row['first'] === null) return undefined;
  return { firstMicros: Number(row['first']), lastMicros: Number(row['last']) };
}

/** When the oldest tick of the live file was received, microseconds UTC; undefined when it holds none. */
export async function oldestReceiveMicros(tickFile: TickFile): Promise<number | undefined> {
  const [row] = await tickFile.database.read('SELECT min(receive_time) AS oldest FROM ticks');
  return row === undefined || row['oldest'] === null ? undefined : Number(row['oldest']);
}
