/** What a WebSocket URL asks for. */
export interface StreamPath {
  readonly isCombined: boolean;
  readonly streams: readonly string[];
}

/** Reads `/ws`, `/ws/<stream>`, `/stream` and `/stream?streams=<a>/<b>`; undefined for any other path. */
export function parseStreamPath(url: string): StreamPath | undefined {
  const { pathname, searchParams } = new URL(url, 'ws://simulator');
  if (pathname === '/stream') return { isCombined: true, streams: split(searchParams.get('streams') ?? '') };
  if (pathname === '/ws' || pathname.startsWith('/ws/')) {
    return { isCombined: false, streams: split(decodeURIComponent(pathname.slice('/ws/'.length))) };
  }
  return undefined;
}

function split(names: string): string[] {
  return names.split('/').filter((name) => name !== '');
}
