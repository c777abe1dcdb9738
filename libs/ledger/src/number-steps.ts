/**
 * Numbers as whole multiples of 1 / scale: the first, then how many each is above the one before it; one number where all
 * steps are alike. Steps of prices, volumes and times are small whole numbers, which are written several times as fast as
 * the numbers themselves and in a third of the letters (`npm run bench -- strategies`).
 */
export interface NumberSteps {
  readonly scale: number;
  readonly first: number;
  readonly steps: number | readonly number[];
}

/** As many decimals as a venue's prices and quantities may have. */
const SCALE_MAX = 1e8;

/** The numbers as steps; undefined where steps would not give back each of them exactly. */
export function stepsOf(numbers: Float64Array): NumberSteps | undefined {
  const scale = scaleOf(numbers);
  if (scale === undefined) return undefined;
  const first = Math.round((numbers[0] ?? 0) * scale);
  const steps: number[] = [];
  let before = first;
  for (let at = 1; at < numbers.length; at++) {
    const whole = Math.round(numbers[at] * scale);
    const step = whole - before;
    before = whole;
    // A small integer to the engine, too: it is written faster than a float that happens to be whole.
    const small = step | 0;
    if (small !== step && !Number.isSafeInteger(step)) return undefined;
    steps.push(small === step ? small : step);
  }
  const [step = 0] = steps;
  return { scale, first, steps: steps.every((each) => each === step) ? step : steps };
}

/** The numbers of such steps, exactly. */
export function numbersOf({ scale, first, steps }: NumberSteps, count: number): number[] {
  const numbers: number[] = [];
  let whole = first;
  for (let at = 0; at < count; at++) {
    if (at > 0) whole += typeof steps === 'number' ? steps : (steps[at - 1] ?? Number.NaN);
    numbers.push(whole / scale);
  }
  return numbers;
}

/** The least power of ten of whose parts all are exact multiples. */
function scaleOf(numbers: Float64Array): number | undefined {
  let scale = 1;
  for (let at = 0; at < numbers.length; at++) {
    while (!isMultiple(numbers[at], scale)) {
      if (scale === SCALE_MAX) return undefined;
      scale *= 10;
      // What was an exact multiple before may not be one of smaller parts: all are looked at again.
      at = 0;
    }
  }
  return scale;
}

/** Whether dividing gives back the number itself. Minus zero it does not. */
function isMultiple(number: number, scale: number): boolean {
  const whole = Math.round(number * scale) + 0;
  return (
    whole <= Number.MAX_SAFE_INTEGER &&
    whole >= -Number.MAX_SAFE_INTEGER &&
    whole / scale === number &&
    (number !== 0 || Object.is(number, 0))
  );
}
