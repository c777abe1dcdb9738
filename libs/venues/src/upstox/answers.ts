import { VenueAnswerError, VenueRefusedError } from '../errors.ts';
import { isFields, parseJson } from '../json/json-value.ts';
import type { Fields } from '../json/json-value.ts';
import type { RestAnswer } from '../rest-client.ts';
import { checkValue } from '../rest-requests.ts';

/** The `data` of a good answer: `{"status":"success","data":..}`. An error's body may come with HTTP 200. */
export function checkData(path: string, answer: RestAnswer): unknown {
  const value = parseJson(answer.body.toString('utf8'));
  const said = isFields(value) ? refusalIn(value) : undefined;
  if (said !== undefined) {
    const venueCode = Number(/UDAPI(\d+)/.exec(said)?.[1] ?? 0);
    throw new VenueRefusedError(`GET ${path}: the venue refused: ${said}`, {
      venueCode,
      status: answer.status,
    });
  }
  const checked = checkValue(path, answer, value);
  if (isFields(checked) && checked['status'] === 'success' && 'data' in checked) return checked['data'];
  throw new VenueAnswerError(`GET ${path}: expected {"status":"success","data":..}, found none of the kind`);
}

/**
 * What an error's body says, its code first: `{"status":"error","errors":[{"errorCode":"UDAPI1148","message":".."}]}`, or
 * `{"status":"failed","error":..}` of the feed. Undefined for any other body.
 */
export function refusalIn(value: Fields): string | undefined {
  if (value['status'] !== 'error' && value['status'] !== 'failed' && !('errors' in value)) return undefined;
  const [first] = Array.isArray(value['errors']) ? (value['errors'] as unknown[]) : [value['error']];
  if (typeof first === 'string') return first.slice(0, 300);
  const error = isFields(first) ? first : value;
  const code = error['errorCode'] ?? error['error_code'] ?? error['code'] ?? '';
  return `${String(code)} ${String(error['message'] ?? 'no reason given')}`.trim().slice(0, 300);
}
