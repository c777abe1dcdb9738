import type { TickFile } from '@tickwright/store';

/** The UTC hours, microseconds, in which a stored tick happened. */
export async function tickHours(tickFile: TickFile): Promise<number[]> {
  const rows = await tickFile.withTicks({}, ({ database, relation }) =>
    database.read(`SELECT DISTINCT date_trunc('hour', event_time) AS hour FROM ${relation}`),
  );
  return rows.map((row) => Number(row['hour']));
}

/** When the oldest tick or venue row of the live file was received, microseconds UTC; undefined when it holds none. */
export async function oldestReceiveMicros(tickFile: TickFile): Promise<number | undefined> {
  const [row] = await tickFile.database.read(
    'SELECT min(receive_time) AS oldest FROM (SELECT receive_time FROM ticks UNION ALL SELECT receive_time FROM venue_rows)',
  );
  return row === undefined || row['oldest'] === null ? undefined : Number(row['oldest']);
}
