import { svgElement } from '../dom/element.ts';

const WIDTH = 88;
const HEIGHT = 18;

/** Points of a polyline through the values, oldest left. */
export function sparkPoints(values: readonly number[]): string {
  if (values.length < 2) return '';
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  const step = WIDTH / (values.length - 1);
  return values
    .map((value, index) => {
      const y = span === 0 ? HEIGHT / 2 : HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4);
      return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}

/** Paints a small line into a cell; the elements are made once. */
export function paintSpark(cell: HTMLElement, values: readonly number[]): void {
  let line = cell.querySelector('polyline');
  if (line === null) {
    line = svgElement('polyline', { fill: 'none', 'vector-effect': 'non-scaling-stroke' });
    cell.replaceChildren(
      svgElement(
        'svg',
        {
          viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
          width: WIDTH,
          height: HEIGHT,
          class: 'spark',
          'aria-hidden': 'true',
        },
        line,
      ),
    );
  }
  line.setAttribute('points', sparkPoints(values));
}
