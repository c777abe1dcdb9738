import { ApiError } from '../api/api-error.ts';
import type { NoticeRow } from '../api/answers.ts';
import { change } from '../api/runner-api.ts';
import { readToken } from '../api/token.ts';
import { demandChange } from '../shell/command-dialog.ts';

/** Told on the document when alerts were marked as seen. */
export const ACKNOWLEDGED = 'acknowledged';

/** Marks alerts as seen: at once where this tab has the token, otherwise it is asked for with the first of them. */
export async function acknowledge(notices: readonly NoticeRow[]): Promise<void> {
  const [first] = notices;
  if (first === undefined) return;
  if (readToken() === undefined) return demand(first, notices.slice(1));
  try {
    for (const { id } of notices) await change(pathOf(id));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return demand(first, notices.slice(1));
    throw error;
  } finally {
    document.dispatchEvent(new Event(ACKNOWLEDGED));
  }
}

function demand(first: NoticeRow, others: readonly NoticeRow[]): void {
  demandChange({
    title: others.length === 0 ? 'Acknowledge this alert?' : `Acknowledge ${others.length + 1} alerts?`,
    detail: first.text,
    verb: 'Acknowledge',
    path: pathOf(first.id),
    onDone: () => {
      document.dispatchEvent(new Event(ACKNOWLEDGED));
      void acknowledge(others);
    },
  });
}

function pathOf(id: string): string {
  return `notices/${encodeURIComponent(id)}/acknowledge`;
}
