import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** The address is taken. It is never replaced by another one: whoever looks for us looks here. */
export class PortTakenError extends TickwrightError {
  constructor(options: { host: string; port: number; cause: unknown }) {
    super(
      `cannot listen on ${options.host}:${options.port}: another process uses this port; stop it or set another port`,
      { code: 'port-taken', exitCode: ExitCode.port, cause: options.cause },
    );
  }
}

/** A server that others could reach must ask them for a token. */
export class OpenAddressError extends TickwrightError {
  constructor(host: string) {
    super(
      `will not listen on ${host} without a token: everybody on the network could read and change this service; ` +
        'listen on 127.0.0.1 and come through SSH or a reverse proxy, or set TICKWRIGHT_HTTP_TOKEN',
      { code: 'open-address', exitCode: ExitCode.configuration },
    );
  }
}

/** What a handler throws to answer with a status other than 500. */
export class HttpError extends TickwrightError {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message, { code: `http-${status}` });
    this.status = status;
  }
}
