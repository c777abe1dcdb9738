import type { Config } from '@tickwright/config';

/** What a runner's thread is started with. */
export interface ThreadData {
  readonly config: Config;
  readonly version: string;
  readonly pages: string | undefined;
  /** Whether its log goes to files as well. */
  readonly isLogFiled: boolean;
}

/** What the thread tells its parent. */
export type ThreadMessage =
  | { readonly type: 'up'; readonly addresses: { readonly runner: string } }
  | {
      readonly type: 'failed' | 'abandon';
      readonly message: string;
      readonly code: string;
      readonly exitCode: number;
      readonly canRetry: boolean;
    };

/** The one thing the parent tells the thread: end in order. */
export const STOP = 'stop';
