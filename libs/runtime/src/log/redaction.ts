const HIDDEN = '***';

/** Names whose values are secrets wherever they stand, also as a part of a longer name (`accessToken`). */
const SECRET_NAME = '[\\w-]*(?:token|authorization|secret|password|passphrase|cookie|api[_-]?key)[\\w-]*';

const STRING = '"(?:[^"\\\\]|\\\\.)*"';

/** `"token":"…"`, and numbers or lists of strings in that place. */
const JSON_VALUE = new RegExp(
  `("${SECRET_NAME}"\\s*:\\s*)(?:${STRING}|\\[(?:${STRING}|[\\s,])*\\]|[\\w.+-]+)`,
  'gi',
);

/** JSON quoted within a string: `\"token\":\"…\"`. */
const QUOTED_JSON_VALUE = new RegExp(`(\\\\+"${SECRET_NAME}\\\\+"\\s*:\\s*\\\\+")[^"\\\\]*`, 'gi');

/** `Bearer …`, `Basic …`. */
const CREDENTIAL = /\b(bearer|basic) +[\w.~+/=-]{4,}/gi;

/** `token=…` in a URL, a form or a command line; `code` and `requestId` are secrets only in a URL. */
const NAMED_VALUE = new RegExp(`\\b(${SECRET_NAME}=)[^&\\s"'\\\\#;,]+`, 'gi');
const QUERY_VALUE = /([?&](?:code|requestId|signature)=)[^&\s"'\\#]+/gi;

/** `//user:password@`. */
const URL_PASSWORD = /(:\/\/[^\s/:@"]*:)[^\s/@"]+(?=@)/g;

/**
 * Hides secrets in a text: values of secret names in JSON, in URLs and in `name=value`; bearer and basic credentials;
 * passwords in URLs. It works on text and not on objects because secrets come to a log in error messages, causes and
 * quoted answers, where no list of paths would find them.
 */
export function redactText(text: string): string {
  return text
    .replace(JSON_VALUE, `$1"${HIDDEN}"`)
    .replace(QUOTED_JSON_VALUE, `$1${HIDDEN}`)
    .replace(CREDENTIAL, `$1 ${HIDDEN}`)
    .replace(NAMED_VALUE, `$1${HIDDEN}`)
    .replace(QUERY_VALUE, `$1${HIDDEN}`)
    .replace(URL_PASSWORD, `$1${HIDDEN}`);
}
